/**
 * The interfaces at which `node/` and `sim/` differ. Types only: a seam has two real implementations, or it is no seam.
 * Those of what learns are in learning-seams.ts. An array handed over is not changed by the receiver, and not by the giver afterwards.
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
   * Calls `callback` once, `delayMs` from now, of any length; of one moment in the order of asking, and never before `after` has returned.
   * The returned function cancels it; where it is over, or cancelled, that does nothing.
   */
  after(delayMs: number, callback: () => void): () => void;
}

/** A hash that is being made. */
export interface Hashing {
  update(part: Uint8Array): void;
  /** The hash of all parts; called once. */
  digest(): Uint8Array;
}

/** Hash and signature verification: node:crypto in both worlds. None keeps the message, whose memory may be used again. */
export interface Crypto {
  sha256(bytes: Uint8Array): Uint8Array;
  /** The same of bytes that come in parts, hashed as they come; where it is left out, what is whole is hashed. */
  readonly sha256InParts?: () => Hashing;
  /** Ed25519; false for a bad signature or a malformed key, never an exception. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * What two peers can know and a third cannot: key agreement, key streams, sealed messages, and secrets in parts. node:crypto and the package
 * `shamir-secret-sharing` in both worlds. What comes of it is random by design, so nothing that has to repeat may depend on it.
 */
export interface Secrecy {
  /** Bytes that nobody can foresee. */
  random(length: number): Uint8Array;
  /** X25519 (RFC 7748): the public key, 32 bytes, of a secret of 32 bytes. @throws RangeError for another length. */
  publicKeyOf(secret: Uint8Array): Uint8Array;
  /**
   * X25519, then HKDF-SHA256 (RFC 5869) with this salt and info: 32 bytes that both ends come to. Undefined for a public key that is none, or of small order.
   */
  agree(secret: Uint8Array, publicKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array | undefined;
  /** ChaCha20 (RFC 8439) from block 0, nonce zero: a key is used once. */
  keyStream(key: Uint8Array, length: number): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439), nonce zero: a key is used once. 16 bytes longer than the message. */
  seal(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** Undefined where it was not sealed with this key, or was changed. */
  open(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Shamir over GF(2^8): so many parts, each a byte longer than the secret, of which any `threshold` (2 or more) give it back, and fewer say nothing. */
  split(secret: Uint8Array, parts: number, threshold: number): Promise<readonly Uint8Array[]>;
  /** What was split; anything where parts are false. Undefined where they do not fit together. */
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
  /** False for what is accepted and goes no further. */
  readonly relay?: boolean;
}

/** An answer, or its parts, so that a long one need not be copied together. */
export type Reply = Uint8Array | readonly Uint8Array[];

/** Answers one request of a peer; a thrown HearsayError reaches the asker as its code. What it answers with never changes afterwards. */
export type RequestHandler = (from: PeerId, body: Uint8Array) => Promise<Reply> | Reply;

/** An open connection to a peer. */
export interface PeerConnection {
  readonly peer: PeerId;
  /** Whether this end dialled it. */
  readonly isOutbound: boolean;
  /** Where the other end is: the address that was dialled, or the one that it came from. */
  readonly address: string;
  /** Begins to close it. */
  close(): void;
}

export interface DialOptions {
  /** Whose key has to be found there; anybody's where left out. */
  readonly peer?: PeerId;
  /** Only asks whether somebody can be reached there: opens a connection whether there is one or not, and closes it again. */
  readonly probe?: boolean;
  readonly signal?: AbortSignal;
}

/** What came of a dial. */
export interface Dialled {
  /** Whose key was found. */
  readonly peer: PeerId;
  /** Whether it was found at that address; false where another connection of the same peer was there first. */
  readonly isThere: boolean;
}

/** What a transport knows of the way to a connected peer. */
export interface LinkTold {
  /** Of a round trip, the last that was measured, ms. */
  readonly roundTripMs?: number;
  /** Whether somebody pays for its bytes. */
  readonly isPaid?: boolean;
}

/** What goes over the connection to a neighbour, and no further: its receiver knows from whom it is without a signature. */
export interface Telling {
  /** Tells these neighbours whole numbers (wire/numbers.ts), each at most once, in order, possibly lost. */
  tell(to: ReadonlySet<PeerId>, topic: string, numbers: readonly number[]): void;
  /** Hears what neighbours tell, until the topic is withdrawn. */
  onTold(topic: string, handler: (from: PeerId, numbers: readonly number[]) => Verdict): void;
  /** What would be relayed, had it come by `announce`. */
  passOn(topic: string, body: Uint8Array): Promise<void>;
}

/** Announcements to all, requests to one. Bodies of models go by request, in chunks: never by announcement. */
export interface Transport {
  /**
   * Publishes bytes (<= 1 KiB) to every peer of the topic, at most once each, unordered, possibly lost.
   * @param to tells these neighbours only, though relays may bring it to others.
   */
  announce(topic: string, body: Uint8Array, to?: ReadonlySet<PeerId>): Promise<void>;
  /** Left out where all that is announced is signed, as in simulations. */
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
  /** The asker has copied what it needs of an answer: its memory may hold another one. */
  recycle?(answer: Uint8Array): void;
  /** Serves a protocol. */
  onRequest(protocol: string, handler: RequestHandler): void;
  /** Serves a protocol, or hears a topic, no more; nothing where it did not. */
  withdraw(name: string): void;
  /**
   * Opens a connection to whoever listens at an address of this network. Whom to dial, and when, is the affair of `protocol/membership/`.
   * @throws HearsayError ERR_UNREACHABLE (nobody is there, another key is, or an end refuses the other), ERR_TIMEOUT after
   *   LIMITS.dialTimeoutMs; the reason of `signal` where that ended it.
   */
  dial(address: string, options?: DialOptions): Promise<Dialled>;
  /** Open connections. There may be several to one peer for a while, e.g. where both ends dialled. */
  connections(): readonly PeerConnection[];
  /** Peers with an open connection, sorted. It may be the very list of before where nothing has changed. */
  peers(): readonly PeerId[];
  /**
   * Where a connected peer is, as a name that costs money to have many of: the /24 of its IPv4 or the /64 of its IPv6 address, its peer id in a
   * simulation. What one place can cost this peer is bounded, however many keys it makes.
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
   * A connected peer has shown that it works on the same task. A real network closes the connection to a peer of which nothing says so for
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
 * What the log names by SHA-256, kept for audits as long as its owner says: bodies as they were served, parameter vectors as their bytes
 * in memory order (little endian). May forget anything at any time.
 */
export interface Archive {
  /**
   * Keeps what belongs together, all of it or, where that is too much to write, none; resolves when that is done, readable but not
   * necessarily synced, and never rejects. Bytes that are there already cost nothing.
   * @param own what this peer made: a published body, the model before a training.
   * @param inputs what others made, which the owner may choose not to keep.
   */
  put(own: readonly ArchivedBlob[], inputs?: readonly ArchivedBlob[]): Promise<void>;
  /** Undefined for what is not there (any more), or is damaged. */
  get(hash: Uint8Array): Promise<Uint8Array | undefined>;
  /** At most `maxBytes` of it from `offset` on, in memory for that part alone; undefined as `get`. What was found sound once is not read whole again. */
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
