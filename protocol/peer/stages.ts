/**
 * The road of an update, as types. What leaves the peer goes down the first row, what comes to it down the second:
 *
 *     Trained -> Released -> Encoded -> Published
 *     Announced -> Fetched -> Candidate -> Weighed -> Merged
 *
 * A value of a stage can be made by one function only, which is named after the stage and takes a value of the stage before. So no stage can be
 * skipped: such code does not compile (test/protocol/peer/stages.test.ts). What a stage does is in the file that calls the function; here
 * nothing is computed.
 */

import type { CandidateExplanation, RuleCandidate } from "../base/learning-seams.ts";
import type { ParentStatus, Statement } from "../log/entry/bodies.ts";
import type { Entry } from "../log/entry/entry.ts";
import type { Announcement } from "../wire/announcement.ts";
import type { Brief } from "../wire/brief.ts";
import { Heard, type Seen } from "./heard.ts";

/** Marks a value as one that its stage has made; exists in types only. */
declare const stage: unique symbol;
interface Stage<Name extends string> {
  readonly [stage]: Name;
}

/** The model between two trainings. */
export interface ModelState {
  readonly params: Float32Array;
  /** SGD steps in the lineage. */
  readonly age: number;
}

/** The model after a local training. */
export interface Trained extends ModelState, Stage<"trained"> {
  readonly kind: "trained";
  /** The model before it. */
  readonly base: Float32Array;
  readonly steps: number;
  /** Mean training loss over the steps. */
  readonly loss: number;
  /** Where `base` came of merges during the training: the two models between which it was done, whose difference was added to `base`. */
  readonly moved?: Moved;
}

/** A training before it was added to another model (task/move.ts). */
export interface Moved {
  readonly began: Float32Array;
  readonly ended: Float32Array;
}

/** A training whose result was not finite and was thrown away: the model is the one of before, and there is nothing to publish. */
export interface Diverged extends ModelState {
  readonly kind: "diverged";
  /** The same as `params`. */
  readonly base: Float32Array;
}

/** The model as it is, while a training is under way. */
export interface Untrained extends ModelState {
  readonly kind: "untrained";
  /** The same as `params`. */
  readonly base: Float32Array;
}

/** What a training gives. */
export type Outcome = Trained | Diverged;

/** What a merge starts from. */
export type Own = Outcome | Untrained;

/** What of a trained model others may see. */
export interface Released extends Stage<"released"> {
  readonly trained: Trained;
  /** Name of the privacy mechanism that made `params` (privacy/registry.ts). */
  readonly mechanism: string;
  readonly params: Float32Array;
  /** Which tensors of the task's layout `params` shares: bit i % 8 of byte i / 8 is tensor i. */
  readonly shared: Uint8Array;
  /** How many models it stands for. */
  readonly mass: number;
}

/** A released model as bytes. */
export interface Encoded extends Stage<"encoded"> {
  readonly released: Released;
  /** Name of the codec. */
  readonly codec: string;
  readonly body: Uint8Array;
  /** SHA-256 of `body`. */
  readonly hash: Uint8Array;
  /** The vector that a receiver decodes. */
  readonly received: Float32Array;
  /** Whether that is the released one to the bit. */
  readonly isExact: boolean;
}

/** A model that the log names: from now on others may hear of it. */
export interface Published extends Stage<"published"> {
  readonly encoded: Encoded;
  /** The `publish` entry. */
  readonly entry: Entry;
  /** Hash of the trained parameters, as the entry has it. */
  readonly trained: Uint8Array;
  /** Hashes of what a training that was moved began with and gave, as the `train` entry has them. */
  readonly moved?: readonly [began: Uint8Array, ended: Uint8Array];
  /** The sealed announcement. */
  readonly announcement: Uint8Array;
}

/** What an author has announced last: an announcement that it has signed, or a brief, which counts for this peer alone. */
export interface Announced extends Announcement, Seen, Stage<"announced"> {
  /** It is a brief: `entry`, `root`, `note`, `model` and `sealed` are empty until the model is here, and then there is another value. */
  readonly isBrief: boolean;
}

/** Bytes that have the announced hash, and that the log of their author proves where authors answer for their logs. */
export interface Fetched extends Stage<"fetched"> {
  readonly announced: Announced;
  readonly body: Uint8Array;
}

/** A model of another peer that is fit for a merge: of the task's shape, finite, of no absurd norm. */
export interface Candidate extends Stage<"candidate"> {
  readonly announced: Announced;
  /** As it came, for the archive; undefined where there is none. `params` may be a view of it. */
  readonly body: Uint8Array | undefined;
  readonly params: Float32Array;
}

/** A candidate with what its age is worth. */
export interface Weighed extends RuleCandidate, Stage<"weighed"> {
  readonly candidate: Candidate;
  /** Staleness in cycles. */
  readonly tau: number;
}

/** What became of one model of another peer in a merge. */
export interface Fate {
  readonly announced: Announced;
  readonly weightQ16: number;
  readonly status: ParentStatus;
  /** In cycles; absent where the model was not weighed. */
  readonly tau?: number;
  readonly explanation?: CandidateExplanation;
  /** What kept it from the rule, where it was not its staleness. */
  readonly removedBy?: string;
}

/** What came of a merge. Nothing is written yet: the loop writes these values. */
export interface Merged extends ModelState, Stage<"merged"> {
  /** What it started from. */
  readonly own: Own;
  /** Name of the rule, as the log has it. */
  readonly rule: string;
  readonly entry: Statement<"aggregate">;
  /** What became of every model that was at hand, those excepted that were too stale. */
  readonly fates: readonly Fate[];
  /** Models that went into the rule. */
  readonly inputs: readonly Candidate[];
}

type Values<S> = Omit<S, typeof stage | "kind">;

export function trained(values: Values<Trained>): Trained {
  return { kind: "trained", ...values } as Trained;
}

export function diverged({ params, age }: ModelState): Diverged {
  return { kind: "diverged", params, age, base: params };
}

export function untrained({ params, age }: ModelState): Untrained {
  return { kind: "untrained", params, age, base: params };
}

export function released(trained: Trained, values: Omit<Values<Released>, "trained">): Released {
  return { trained, ...values } as Released;
}

/** @param receive what `received` gives, which is decoded when somebody asks for it. */
export function encoded(
  released: Released,
  values: Omit<Values<Encoded>, "released" | "received">,
  receive: () => Float32Array,
): Encoded {
  return {
    released,
    ...values,
    get received() {
      return receive();
    },
  } as Encoded;
}

export function published(encoded: Encoded, values: Omit<Values<Published>, "encoded">): Published {
  return { encoded, ...values } as Published;
}

/** @param announcement whose signature was checked. */
export function announced(announcement: Announcement, seen: Seen): Announced {
  return new Heard(announcement, seen, false) as Heard & Stage<"announced">;
}

const NOTHING = new Uint8Array(0);

/** @param brief of the peer at the other end of a connection. */
export function briefed(
  author: Pick<Announcement, "task" | "author" | "publicKey">,
  brief: Brief,
  seen: Seen,
): Announced {
  const later = { entry: NOTHING, root: NOTHING, note: NOTHING, model: NOTHING, sealed: NOTHING };
  return new Heard({ ...author, ...brief, ...later }, seen, true) as Heard & Stage<"announced">;
}

/** The announcement of a brief whose model has come: all that it says follows from a signature. */
export function shown(brief: Announced, announcement: Announcement): Announced {
  return announced(announcement, brief);
}

export function fetched(announced: Announced, body: Uint8Array): Fetched {
  return { announced, body } as Fetched;
}

/** @param body where it is kept. */
export function candidate({ announced }: Fetched, params: Float32Array, body?: Uint8Array): Candidate {
  return { announced, body, params } as Candidate;
}

export function weighed(candidate: Candidate, worth: Pick<Weighed, "tau" | "weightQ16" | "mass">): Weighed {
  return { candidate, params: candidate.params, ...worth } as Weighed;
}

/** @param from what went into the rule. */
export function merged(own: Own, from: readonly Weighed[], values: Omit<Values<Merged>, "own" | "inputs">): Merged {
  const inputs: readonly Candidate[] = from.map(({ candidate }) => candidate);
  return { ...values, own, inputs } as Merged;
}
