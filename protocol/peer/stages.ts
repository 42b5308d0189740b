/**
 * The road of an update, as types. An own model goes through the stages of the first row, the model of another peer through those of the second:
 *
 *     Trained -> Released -> Encoded -> Published
 *     Announced -> Fetched -> Candidate -> Weighed -> Merged
 *
 * Each stage has one function that makes its value; it has the name of the stage, and takes a value of the stage before. So code that skips a stage
 * does not compile (test/protocol/peer/stages.test.ts). Nothing is computed here: what a stage does is in the file that calls its function.
 */

import type { CandidateExplanation, RuleCandidate } from "../base/learning-seams.ts";
import type { ParentStatus, Statement } from "../log/entry/bodies.ts";
import type { Entry } from "../log/entry/entry.ts";
import type { Announcement } from "../wire/announcement.ts";
import type { Brief } from "../wire/brief.ts";
import { Heard, type Seen } from "./heard.ts";

/** Marks a value as made by its stage; exists in types only. */
declare const stage: unique symbol;
interface Stage<Name extends string> {
  readonly [stage]: Name;
}

/** The model between two trainings. */
export interface ModelState {
  readonly params: Float32Array;
  /** Optimiser steps in the lineage of `params`. */
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
  /** Set where merges during the training changed the model: the training as it was done. Its difference was then added to `base`. */
  readonly moved?: Moved;
}

/** The two ends of a training whose difference was added to another model (task/move.ts). */
export interface Moved {
  readonly began: Float32Array;
  readonly ended: Float32Array;
}

/** A training whose result was not finite and was thrown away: the model is unchanged, and there is nothing to publish. */
export interface Diverged extends ModelState {
  readonly kind: "diverged";
  /** The same as `params`. */
  readonly base: Float32Array;
}

/** The model as it is: of a merge during a training, or where training is paused. */
export interface Untrained extends ModelState {
  readonly kind: "untrained";
  /** The same as `params`. */
  readonly base: Float32Array;
}

/** What a training gives. */
export type Outcome = Trained | Diverged;

/** What a merge starts from. */
export type Own = Outcome | Untrained;

/** The part of a trained model that others may see, after the privacy mechanism. */
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
  /** Whether it equals the released one to the bit. */
  readonly isExact: boolean;
}

/** A model that the log names and that may now be announced. */
export interface Published extends Stage<"published"> {
  readonly encoded: Encoded;
  /** The `publish` entry. */
  readonly entry: Entry;
  /** Hash of the trained parameters, as the entry has it. */
  readonly trained: Uint8Array;
  /** Hashes of `Trained.moved`, as the `train` entry has them. */
  readonly moved?: readonly [began: Uint8Array, ended: Uint8Array];
  /** The sealed announcement. */
  readonly announcement: Uint8Array;
}

/** The newest that an author has told of: a signed announcement, or a brief, which has no signature and so proves nothing to others. */
export interface Announced extends Announcement, Seen, Stage<"announced"> {
  /** True for a brief: its `entry`, `root`, `note`, `model` and `sealed` are empty. Once the model is here, `shown` makes a full value of it. */
  readonly isBrief: boolean;
}

/** A body with the announced hash, proved by its author's log where logs are signed. */
export interface Fetched extends Stage<"fetched"> {
  readonly announced: Announced;
  readonly body: Uint8Array;
}

/** A model of another peer that can be merged: of the task's shape, finite, with a bounded norm. */
export interface Candidate extends Stage<"candidate"> {
  readonly announced: Announced;
  /** The body as it came, for the archive; undefined where there is no archive. `params` may be a view of it. */
  readonly body: Uint8Array | undefined;
  readonly params: Float32Array;
}

/** A candidate with its staleness weight. */
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
  /** Why it did not reach the rule, if that was not its staleness. */
  readonly removedBy?: string;
}

/** The result of a merge. Nothing is written yet: the loop writes these values. */
export interface Merged extends ModelState, Stage<"merged"> {
  /** The own model that was merged. */
  readonly own: Own;
  /** Name of the rule, as the log has it. */
  readonly rule: string;
  readonly entry: Statement<"aggregate">;
  /** What became of every candidate, except those that were too stale. */
  readonly fates: readonly Fate[];
  /** The candidates that went into the rule. */
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

/** @param receive decodes `received`, when it is first needed. */
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

/** @param announcement with a signature that was checked. */
export function announced(announcement: Announcement, seen: Seen): Announced {
  return new Heard(announcement, seen, false) as Heard & Stage<"announced">;
}

const NOTHING = new Uint8Array(0);

/** @param brief told by its author over their own connection. */
export function briefed(
  author: Pick<Announcement, "task" | "author" | "publicKey">,
  brief: Brief,
  seen: Seen,
): Announced {
  const later = { entry: NOTHING, root: NOTHING, note: NOTHING, model: NOTHING, sealed: NOTHING };
  return new Heard({ ...author, ...brief, ...later }, seen, true) as Heard & Stage<"announced">;
}

/** A brief whose model has come, with the signed announcement that came with it. */
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
