/**
 * The interfaces at which `node/` and `sim/` differ. Types only: a seam has two real implementations, or it is no seam.
 *
 * Parameters are flat `Float32Array`s of length d everywhere; the task's tensor schema says which tensor lies where.
 * An array handed over is not changed by the receiver, and not by the giver afterwards.
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

/** Announcements to all, requests to one. Bodies of models go by request, in chunks: never by announcement. */
export interface Transport {
  /**
   * Publishes bytes (<= 1 KiB) to every peer of the topic, at most once each, unordered, possibly lost.
   * @param to tells these neighbours only, though relays may bring it to others.
   */
  announce(topic: string, body: Uint8Array, to?: ReadonlySet<PeerId>): Promise<void>;
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

/**
 * Chance that nobody else can know or repeat: which examples a step takes, and the noise on what comes of them. In `node/` from the
 * cryptographic source of the host; in a simulation from a seed, since nobody's data are at stake.
 */
export interface SecretDraws {
  /** Indices below `length`, ascending: each is there with the chance of rate / 2^32, independently of the others. */
  sample(length: number, rate: number): Uint32Array;
  /** Fills with whole numbers: a normal deviate of this deviation, rounded to the nearest. The deviation is at most 2^40. */
  noise(to: Float64Array, deviation: number): void;
}

/** How the steps of a training hide single examples (privacy/dp-sgd.ts). */
export interface PrivateSteps {
  /** The most, in Euclidean norm, that one example moves the sum of a step. */
  readonly clipNorm: number;
  /** Deviation of the noise on the sum, over the clip norm. */
  readonly noiseMultiplier: number;
  /** Chance of each example to be in a step, in 2^-32. */
  readonly rate: number;
}

/** A model to which each step of a training draws the one that is trained: x <- x + pull (to - x), after the step of the optimiser. */
export interface Anchor {
  readonly to: Float32Array;
  /** Of each tensor, from 0, where it is free, to 1, where it is held at `to`. */
  readonly pulls: readonly number[];
}

/** Sums over the own training rows of an output f and its target y, in the units of the model. */
export interface OutputMoments {
  readonly rows: number;
  /** f. */
  readonly output: number;
  /** y. */
  readonly target: number;
  /** f^2. */
  readonly outputSquare: number;
  /** f y. */
  readonly product: number;
}

/** What of a model stays with its site (learn/personal/). The trainer that has it takes and gives the shared part alone. */
export interface Personal {
  /** Name of the method. */
  readonly method: string;
  /** The whole model with which this site predicts, of the shared part. */
  whole(shared: Float32Array): Float32Array;
  /** Figures of that model; throws as `Trainer.evaluate`. */
  evaluate(shared: Float32Array, split: Split): Promise<Metrics>;
  /** What stays, as it is after the newest training. */
  state(): Float32Array;
  /** Goes on from what was saved, or from the beginning. @throws HearsayError ERR_STATE where it is of another task. */
  restore(saved: Float32Array | undefined): void;
}

/** One local training, as it is asked of a trainer. */
export interface FitRequest {
  readonly params: Float32Array;
  /** Optimiser steps to take (H). */
  readonly steps: number;
  /** Names the order of mini-batches: same seed, same data, same parameters out. */
  readonly seed: string;
  /** Optimiser steps in the lineage of `params`, by which a schedule of the learning rate counts; 0 where left out. */
  readonly age?: number;
  /** By what the learning rate of the task is multiplied, beside its schedule: after a drift alarm (learn/stream/alarm.ts); 1 where left out. */
  readonly rateFactor?: number;
  /** How single examples are to be hidden; examples then come by secret chance, and `seed` names nothing. As they are where left out. */
  readonly privateSteps?: PrivateSteps;
  /** Draws the model to another one at each step; not where left out. Not with `privateSteps`. */
  readonly anchor?: Anchor;
}

/** What a training gave. */
export interface FitResult {
  readonly params: Float32Array;
  /** Mean training loss over the steps. */
  readonly loss: number;
  /** Whether single examples were hidden as asked. A trainer that knows nothing of `privateSteps` does not say so, and what it gives is not used. */
  readonly hidesExamples?: true;
  /** Whether the model was drawn to the anchor as asked; what a trainer gives that knows nothing of it is not used. */
  readonly isAnchored?: true;
}

/** Figures of a model on a data set; fields that do not apply are absent. */
export interface Metrics {
  readonly numExamples: number;
  /** Mean loss: cross-entropy (nats) or mean squared error in normalised units. */
  readonly loss: number;
  /** Classification: share of right answers. */
  readonly accuracy?: number;
  /** Classification: unweighted mean of F1 over the classes that occur, in truth or prediction. */
  readonly macroF1?: number;
  /** Regression: root of the mean squared error, in the units of the data. */
  readonly rmse?: number;
  /** Regression: 1 - residual / total sum of squares, mean over targets. */
  readonly r2?: number;
  /** Any other metric (learn/metrics/registry.ts), by its name. */
  readonly [metric: string]: number | undefined;
}

/**
 * Which data a figure is about: what the peer trains on, its hold-out, or `LIMITS.maxSampleRows` rows of either, which are always the same: `sample` and
 * `holdout-sample`.
 */
export type Split = "train" | "sample" | "holdout" | "holdout-sample";

/**
 * Trains on data that never leaves it. Runs off the event loop in `node/`. Arrays that it is given stay as they are; those that it gives are new.
 * Every method rejects with RangeError for parameters of a wrong length.
 */
export interface Trainer {
  /** The engine in use, e.g. `dense`, `tensorflow/wasm` or `external/torch`; shown in status and log line. */
  readonly engine: string;
  readonly numExamples: number;
  /**
   * Keeps nothing for the next call. @throws RangeError unless `steps` is a positive integer. @throws HearsayError ERR_DATA where there is no example, ERR_TRAINER
   * where there is no training now but may be later: then the peer goes on without (peer/loop/enduring-fit.ts).
   */
  fit(request: FitRequest): Promise<FitResult>;
  /** @throws HearsayError ERR_DATA where the split is not there, or empty, ERR_TRAINER as `fit`. */
  evaluate(params: Float32Array, split: Split): Promise<Metrics>;
  /** `inputs`: n raw (unnormalised) rows of the task's input size; result: n rows of class probabilities, or of target values in the units of the data. */
  predict(params: Float32Array, inputs: Float32Array | Float64Array): Promise<Float32Array | Float64Array>;
  /** Of a regression: sums by which its outputs can be calibrated, one entry for each. Left out where the trainer tells none. */
  outputMoments?(params: Float32Array): Promise<readonly OutputMoments[]>;
  /** Puts other rows (as read) in place of those that it has, of both splits. Left out where it cannot. @throws HearsayError ERR_DATA where they do not fit the task. */
  replace?(data: TrainerRows): Promise<void>;
  /** Changes with the rows: what was measured on them before is of others. Left out where they never do. */
  readonly revision?: number;
  close(): Promise<void>;
  /** Where part of the model stays with this site: then every vector above is the shared part. */
  readonly personal?: Personal;
}

/** Rows of a trainer, as read. */
export interface TrainerRows {
  readonly train: RawRows;
  readonly holdout?: RawRows;
}

/** The form of `Dataset` (learn/data/dataset.ts). */
interface RawRows {
  readonly inputs: Float32Array | Float64Array;
  readonly targets: Float32Array | Float64Array;
  readonly length: number;
}

/** One model offered to the rule. */
export interface RuleCandidate {
  /** Length d, finite. */
  readonly params: Float32Array;
  /** Staleness weight, an integer in 1 .. 65536 (Q16; 65536 = 1 = own weight). */
  readonly weightQ16: number;
  /** How many models it stands for, an integer in 1 .. MAX_MASS: above 1 where it is an aggregate itself, as a gateway's is. 1 where left out. */
  readonly mass?: number;
}

/** What a rule merges: the own model and those of others, all of one length d. */
export interface RuleInput {
  /** Own model after local training, length d. */
  readonly own: Float32Array;
  /** Own model before that training (the previous aggregate); undefined where there is none. */
  readonly base?: Float32Array;
  /** One per identity, sorted by peer id: the order in which sums run and ties break. */
  readonly candidates: readonly RuleCandidate[];
  /** How many models the own one stands for; 1 where left out. */
  readonly mass?: number;
  /** Age of the own model, in local steps: for rules that tighten with time. 0 where left out. */
  readonly age?: number;
  /** What lots are drawn by, where the rule draws: 64 bytes that nobody could foresee; by the own parameters where left out. */
  readonly lot?: Uint8Array;
  /** Whether to say who moved the model where, at no more than a fifth of extra cost. */
  readonly explain?: boolean;
}

/** What the rule did with a candidate, as the log records it; `removed`: left out as a whole. */
export type CandidateStatus = "used" | "duplicate" | "clipped" | "removed";

/** What came of a merge. */
export interface RuleOutput {
  /** The aggregate, length d, a new array. */
  readonly params: Float32Array;
  /** One per candidate, in order. */
  readonly statuses: readonly CandidateStatus[];
  /** How many models the aggregate stands for: those of the own one and of the candidates that were not removed. */
  readonly mass: number;
  /** One per candidate, in order, where it was asked for. */
  readonly explanation?: readonly CandidateExplanation[];
}

/** What a candidate did to the aggregate. */
export interface CandidateExplanation {
  /** Distance to the own model: exact where the rule needs it, else estimated from some coordinates. */
  readonly distance: number;
  /**
   * Share of the aggregate that it made, 0 .. 1; with the own model's, the shares sum to 1. Where the rule takes a mean: its part of the
   * weight. Where it picks values coordinate by coordinate: the share of coordinates where it supplied the chosen or a
   * middle value, estimated from some coordinates; the part of a mixture goes to those that it is mixed of.
   */
  readonly influence: number;
  /** Why it was removed, if it was: the name of the rule or of the pre-aggregator that did. */
  readonly removedBy?: string;
}

/** Runs an aggregation rule of the registry (off the event loop in `node/`). */
export interface Aggregator {
  /**
   * `parameters` are complete, as the task holds them. The same bits wherever it runs.
   * @throws RangeError for a rule that there is not, or vectors of different lengths.
   */
  aggregate(rule: string, parameters: Readonly<Record<string, number>>, input: RuleInput): Promise<RuleOutput>;
}
