/**
 * The interfaces at which `node/` and `sim/` differ. Types only: a seam has two real implementations, or it is no seam.
 * The seams of learning are in learning-seams.ts. An array that is handed over is changed by nobody afterwards, neither its giver nor its receiver.
 */

/** A libp2p peer id in its base58 text form; for Ed25519 keys it contains the public key (`protocol/wire/identity.ts`). */
export type PeerId = string;

/** Wall clock or virtual clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch (of the virtual world, in a simulation). For dates that are shown, logged or kept: it can be set back. */
  now(): number;
  /** Milliseconds since some moment before the process began; never set back. For durations, rates and time-outs. */
  monotonicMs(): number;
  /**
   * Calls `callback` once, after `delayMs` (of any length), and never before `after` has returned. Callbacks of one moment are called in the order in
   * which they were asked for. The returned function cancels the call; once it was made or cancelled, that does nothing.
   */
  after(delayMs: number, callback: () => void): () => void;
}

/** A hash of bytes that come in parts. */
export interface Hashing {
  update(part: Uint8Array): void;
  /** The hash of all parts; called once. */
  digest(): Uint8Array;
}

/** Hash and signature verification: node:crypto in both worlds. No function keeps the message, so its memory may be used again. */
export interface Crypto {
  sha256(bytes: Uint8Array): Uint8Array;
  /** Hashes bytes part by part, as they come. Where it is left out, callers hash the whole. */
  readonly sha256InParts?: () => Hashing;
  /** Ed25519; false for a bad signature or a malformed key, never an exception. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * What two peers can know and a third cannot: key agreement, key streams, sealed messages, and secrets in parts. node:crypto and the package
 * `shamir-secret-sharing` in both worlds. Its results are random by design, so nothing that must be repeatable may depend on them.
 */
export interface Secrecy {
  /** Bytes that nobody can foresee. */
  random(length: number): Uint8Array;
  /** X25519 (RFC 7748): the public key, 32 bytes, of a secret of 32 bytes. @throws RangeError for another length. */
  publicKeyOf(secret: Uint8Array): Uint8Array;
  /**
   * X25519, then HKDF-SHA256 (RFC 5869) with this salt and info: 32 bytes, the same at both ends. Undefined for a public key that is malformed or of small order.
   */
  agree(secret: Uint8Array, publicKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array | undefined;
  /** ChaCha20 (RFC 8439) from block 0, nonce zero: a key is used once. */
  keyStream(key: Uint8Array, length: number): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439), nonce zero: a key is used once. 16 bytes longer than the message. */
  seal(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** Undefined where it was not sealed with this key, or was changed. */
  open(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Shamir over GF(2^8): `parts` parts, each a byte longer than the secret. Any `threshold` of them (2 or more) give it back; fewer reveal nothing. */
  split(secret: Uint8Array, parts: number, threshold: number): Promise<readonly Uint8Array[]>;
  /** The secret; meaningless bytes where a part was forged. Undefined where the parts do not fit together. */
  combine(parts: readonly Uint8Array[]): Promise<Uint8Array | undefined>;
}

/** This peer's key pair: the libp2p key, so that the peer id is the key. */
export interface Identity {
  readonly peerId: PeerId;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** What became of a message of another peer; only `reject` costs reputation. */
export interface Verdict {
  readonly verdict: "accept" | "ignore" | "reject";
  /** Why, for `ignore` and `reject`: an error code. */
  readonly code?: string;
  /** False: accepted, but not relayed. */
  readonly relay?: boolean;
}

/** An answer, or its parts, so that a long one need not be copied together. */
export type Reply = Uint8Array | readonly Uint8Array[];

/** Answers one request of a peer; a thrown HearsayError reaches the asker as its code. The bytes of an answer must not change afterwards. */
export type RequestHandler = (from: PeerId, body: Uint8Array) => Promise<Reply> | Reply;

/** An open connection to a peer. */
export interface PeerConnection {
  readonly peer: PeerId;
  /** Whether this end dialled it. */
  readonly isOutbound: boolean;
  /** Where the other end is: the address that was dialled, or the one that it came from. */
  readonly address: string;
  /** Where that led, where `address` is a name: whether the other end is near, and of which places it may tell, goes by this. */
  readonly leadsTo?: string;
  /** Begins to close it. */
  close(): void;
}

export interface DialOptions {
  /** The peer that must answer there; any peer where left out. */
  readonly peer?: PeerId;
  /** Only finds out whether a peer can be reached there: opens a connection even beside an open one, and closes it again. */
  readonly probe?: boolean;
  readonly signal?: AbortSignal;
}

/** The result of a dial. */
export interface Dialled {
  /** The peer that answered: the dialling peer itself where an address without a peer id is its own. Then there is no connection. */
  readonly peer: PeerId;
  /** Whether it answered at that address; false where another connection to the same peer opened first. */
  readonly isThere: boolean;
}

/** What a transport knows of the way to a connected peer. */
export interface LinkTold {
  /** The round trip that was measured last. */
  readonly roundTripMs?: number;
  /** Whether its bytes cost money. */
  readonly isPaid?: boolean;
}

/** Messages to neighbours, each over its own connection and no further: so the receiver knows the sender without a signature. */
export interface Telling {
  /** Tells these neighbours whole numbers (wire/numbers.ts), each at most once, in order, possibly lost. */
  tell(to: ReadonlySet<PeerId>, topic: string, numbers: readonly number[]): void;
  /** Hears what neighbours tell, until the topic is withdrawn. */
  onTold(topic: string, handler: (from: PeerId, numbers: readonly number[]) => Verdict): void;
  /** Sends on an announcement that did not come by `announce`, as a relay would. */
  passOn(topic: string, body: Uint8Array): Promise<void>;
}

/** Announcements to all, requests to one. Bodies of models go by request, in chunks: never by announcement. */
export interface Transport {
  /**
   * Publishes bytes (<= 1 KiB) to every peer of the topic, at most once each, unordered, possibly lost.
   * @param to the neighbours that are told; relays may still bring it to others.
   */
  announce(topic: string, body: Uint8Array, to?: ReadonlySet<PeerId>): Promise<void>;
  /** Left out where all announcements are signed, as in simulations. */
  readonly telling?: Telling;
  /** Subscribes; the handler's verdict decides whether the message is relayed. */
  onAnnounce(topic: string, handler: (from: PeerId, body: Uint8Array) => Verdict): void;
  /**
   * One request of at most `LIMITS.maxRequestBytes`, one answer of at most `LIMITS.maxFrameBytes`, over an open connection: none is opened for it.
   * Many may be in flight together (LIMITS.maxRequestsInFlight) and are answered in any order.
   * @throws HearsayError ERR_UNREACHABLE (no connection, it broke, not served, or the answerer failed), ERR_TIMEOUT,
   *   ERR_TOO_LARGE, or the code that the answerer threw; the reason of `signal` where that ended it.
   */
  request(peer: PeerId, protocol: string, body: Uint8Array, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
  /** Gives back the memory of an answer, of which the asker has copied what it needs. */
  recycle?(answer: Uint8Array): void;
  /** Serves a protocol. */
  onRequest(protocol: string, handler: RequestHandler): void;
  /** Stops serving a protocol, or hearing a topic; does nothing where it did not. */
  withdraw(name: string): void;
  /**
   * Opens a connection to the peer at an address of this network. `protocol/membership/` decides whom to dial, and when.
   * @throws HearsayError ERR_UNREACHABLE (nobody is there, another key is, or an end refuses the other), ERR_TIMEOUT after
   *   LIMITS.dialTimeoutMs; the reason of `signal` where that ended it.
   */
  dial(address: string, options?: DialOptions): Promise<Dialled>;
  /** Open connections. There may be several to one peer for a while, e.g. where both ends dialled. */
  connections(): readonly PeerConnection[];
  /** Peers with an open connection, sorted. May be the same array as before where nothing has changed. */
  peers(): readonly PeerId[];
  /**
   * The address prefix of a connected peer: the /24 of its IPv4 or the /64 of its IPv6 address; in a simulation its peer id. Keys are free, but many prefixes cost
   * money, so this peer bounds what one prefix can cost it.
   */
  prefixOf(peer: PeerId): string;
  /** The way to a connected peer; left out, or undefined, where nothing is known of it. */
  linkTo?(peer: PeerId): LinkTold | undefined;
  /** Called when the first connection to a peer opens, at both ends. */
  onConnect(handler: (peer: PeerId) => void): void;
  /** Called when the last connection to a peer has closed, at both ends. */
  onDisconnect(handler: (peer: PeerId) => void): void;
  /** Called when a connected peer has told where it listens, at both ends of each connection; of connections that are open already, soon. */
  onMet(handler: (connection: PeerConnection, listens: readonly string[]) => void): void;
  /**
   * Says that a connected peer has shown that it works on the same task. A real network closes connections of which nobody says so within
   * LIMITS.greetWithinMs.
   */
  keep(peer: PeerId): void;
  /** Closes the connections to a peer and refuses new ones for LIMITS.shunMs, e.g. because it works on another task. */
  shun(peer: PeerId): void;
  /** Closes the connections to a peer and refuses new ones for good: there is evidence against its key. */
  block(peer: PeerId): void;
  /** Traffic so far. */
  traffic(): { bytesIn: number; bytesOut: number };
}

/** One change of a batch; a missing `value` deletes. */
export interface StoreChange {
  readonly key: string;
  readonly value?: Uint8Array;
}

/** An ordered map of bytes on durable storage: LevelDB or memory. */
export interface Store {
  get(key: string): Promise<Uint8Array | undefined>;
  /** All changes or none; on disk (synced) when the promise resolves. */
  write(changes: readonly StoreChange[]): Promise<void>;
  /** Entries whose key starts with `prefix`, in order of key (UTF-16 code units, ASCII in practice), from `prefix + from`. */
  range(prefix: string, from?: string): AsyncIterable<[key: string, value: Uint8Array]>;
  close(): Promise<void>;
}

/**
 * The bytes that the log names by SHA-256, kept for audits as long as the owner wants: bodies as they were served, parameter vectors as little-endian
 * float32. It may forget anything at any time.
 */
export interface Archive {
  /**
   * Keeps blobs that belong together: all, or none where they are too much to write. When it resolves they can be read, but are not
   * necessarily synced. It never rejects. Bytes that are there already cost nothing.
   * @param own what this peer made: a published body, the model before a training.
   * @param inputs what others made, which the owner may choose not to keep.
   */
  put(own: readonly ArchivedBlob[], inputs?: readonly ArchivedBlob[]): Promise<void>;
  /** Undefined for what is not there (any more), or is damaged. */
  get(hash: Uint8Array): Promise<Uint8Array | undefined>;
  /** At most `maxBytes` from `offset` on; only this part is held in memory. Undefined as `get`. A blob is hashed whole only until it was found sound once. */
  getPart(hash: Uint8Array, offset: number, maxBytes: number): Promise<ArchivedPart | undefined>;
}

/** A part of an archived blob. */
export interface ArchivedPart {
  /** Length of the whole. */
  readonly total: number;
  readonly chunk: Uint8Array;
  /** Bytes that had to be read and hashed to see that the whole is sound. */
  readonly verifiedBytes: number;
}

/** Bytes under their name. */
export interface ArchivedBlob {
  /** SHA-256 of `bytes`. */
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
}
