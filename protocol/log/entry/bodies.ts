/**
 * What the entries of a log say: one record type for each thing that a peer commits to, checked field by field (body-fields.ts).
 *
 * Models and tasks stand as SHA-256 hashes, peers as raw Ed25519 public keys (both 32 bytes), figures as integers in
 * 0 .. 2^53-1 (there are no floats in a log), names as 1 to 64 printable ASCII characters.
 *
 * Version 2 is what peers write. It differs from version 1, which is read for ever, in three types: `train` names its engine and what it
 * took of a privacy budget, `publish` says by what mechanism and codec the body came of which training, and `vertical` is new.
 */
import type { CandidateStatus } from "../../base/learning-seams.ts";
import type { Spent } from "../../base/spent.ts";

/** First entry of every log, and only the first: whose log it is and of which task, so that a copy explains itself. */
export interface GenesisBody {
  readonly task: Uint8Array;
  readonly peer: Uint8Array;
  /** Software that opened the log, e.g. `hearsay/0.1.0`. */
  readonly agent: string;
  /** From 1: this key's next log of the task, where it could not go on with the one before (a backup was restored, a disk failed). 0 is not written. */
  readonly generation?: number;
  /** The newest entry that it knew of the log before. */
  readonly after?: Uint8Array;
}

/** Local training took the parameters `in` to `out`; `age` is that of `out`. */
export interface TrainBody {
  readonly in: Uint8Array;
  readonly out: Uint8Array;
  readonly steps: number;
  readonly age: number;
  /** Not always in version 1. */
  readonly engine?: string;
  /** What of a privacy budget was spent so far, this training included; null: nothing. Not in version 1, and always null in logs from before 2026-11-29. */
  readonly privacy?: PrivacyStatement | null;
  /**
   * Where `in` came of merges while the training was under way: what it began with, and what it gave. `out` is `in` and their difference
   * (task/move.ts). Not in version 1, and in no log from before 2026-11-29.
   */
  readonly moved?: readonly [began: Uint8Array, ended: Uint8Array];
}

/** What was spent of a privacy budget, in all, and what that makes: so whoever reads it can do the accounting again. */
export interface PrivacyStatement {
  /** In millionths, rounded up, at the task's delta. */
  readonly epsilon: number;
  readonly spent: Spent;
}

/** The peer offers this body (`bytes` long, in this codec) to others. */
export interface PublishBody {
  readonly model: Uint8Array;
  readonly age: number;
  readonly bytes: number;
  readonly codec: string;
  // These four are in every `publish` of version 2, and in none of version 1, which means: mechanism none, all tensors, mass 1, the training before.
  /** Name of the privacy mechanism that released the parameters. */
  readonly mechanism?: string;
  /** Which tensors of the task's layout are shared: bit i % 8 of byte i / 8 is tensor i. */
  readonly shared?: Uint8Array;
  /** How many models it stands for. */
  readonly mass?: number;
  /** SHA-256 of the trained parameters that were released: `out` of the training. */
  readonly trained?: Uint8Array;
  /**
   * Where it is the mean of a cohort, or the release of a gateway: the word of its members (cohort/certificate.ts, gateway/certificate.ts). `trained` is
   * then the hash of the mean, or median, before the codec. Not in
   * version 1, and in no log from before 2026-11-29.
   */
  readonly cohort?: Uint8Array;
}

/** Of an entry: which fields its body has. */
export type LogVersion = 1 | 2;

/** What became of an input: as the rule said, or `invalid` where it never reached the rule. */
export type ParentStatus = CandidateStatus | "invalid";

export const PARENT_STATUSES: readonly ParentStatus[] = ["used", "duplicate", "clipped", "removed", "invalid"];

/** One input of an aggregation; the weight is in Q16 (65536 = 1). An array, which saves 54 bytes with 8 parents. */
export type Parent = readonly [
  peer: Uint8Array,
  model: Uint8Array,
  age: number,
  weightQ16: number,
  status: ParentStatus,
];

/** The rule merged `own`, with `base` as the previous aggregate, and the parents (in the order of the sums) into `out`. */
export interface AggregateBody {
  readonly own: Uint8Array;
  readonly base: Uint8Array | null;
  readonly out: Uint8Array;
  readonly rule: string;
  readonly age: number;
  readonly parents: readonly Parent[];
  /** Where the rule draws: what the lot is drawn by (lot.ts). Left out in logs from before 2026-11-29. */
  readonly lot?: Uint8Array;
  /** Which of the parents spoke for other places, ascending (task/across-places.ts); left out where none did. In no log from before 2026-11-30. */
  readonly outside?: readonly number[];
}

/** The peer continues from these parameters: after a restart, or from outside the network. */
export interface ResumeBody {
  readonly params: Uint8Array;
  readonly age: number;
}

/**
 * The last entry of a log: its key signs nothing about this task any more. `next` is the key that goes on in its place, if one does;
 * `proof` then is that key's signature, in the domain "succession", of logId | the key that ends. So both keys have signed.
 */
export interface EndBody {
  readonly next: Uint8Array | null;
  readonly proof: Uint8Array | null;
}

/**
 * The peer took part in a session of vertical learning (vertical/): with how many parties, itself among them, and over how many shared rows, rounded down to a
 * power of two. Nothing of columns, ids or other parties. Not in version 1, and in no log from before 2026-11-29.
 */
export interface VerticalBody {
  readonly session: Uint8Array;
  readonly parties: number;
  readonly rows: number;
}

export interface Bodies {
  readonly genesis: GenesisBody;
  readonly train: TrainBody;
  readonly publish: PublishBody;
  readonly aggregate: AggregateBody;
  readonly resume: ResumeBody;
  readonly end: EndBody;
  readonly vertical: VerticalBody;
}

export type EntryType = keyof Bodies;

/** A type with its body: what an entry says, before it has a place in a log. */
export type Statement<T extends EntryType = EntryType> = {
  [K in T]: { readonly type: K; readonly body: Bodies[K] };
}[T];
