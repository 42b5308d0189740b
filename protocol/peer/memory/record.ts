/** What a peer remembers of one identity: one record. Each part of it is read and written by one file. */
import type { Allowance } from "../../base/bounded.ts";
import type { PeerId } from "../../base/seams.ts";
import type { EvidenceKind } from "../../log/entry/evidence.ts";
import type { Frontier } from "../../log/tree/merkle.ts";
import type { Reputation } from "../../select/reputation.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { SignedState } from "../account/signed-state.ts";
import type { Announced } from "../stages.ts";

/** The parts that are changed by `Identities.change`. */
export interface IdentityParts {
  /** What it announced: inbound/announcements.ts. */
  readonly slot: Slot | undefined;
  /** Whether it was a neighbour when it announced last. */
  readonly isNear: boolean;
  /** Pulls that failed: inbound/strikes.ts. */
  readonly strikes: Strike | undefined;
  /** The newest head of its log that it has proved, `witness/<peer id>` in the store: account/heads.ts. */
  readonly head: Head | undefined;
  /** States of its log for which it has to account: account/doubts.ts. */
  readonly doubts: readonly SignedState[];
  /** What its models were worth on the own rows: loop/judging.ts. Undefined where models are not judged. */
  readonly reputation: Reputation | undefined;
  /** How it was drawn, where the owner prefers some: inbound/choosing.ts. */
  readonly asked: Asked | undefined;
  /** What proves that it lied or has ended, `evidence/<peer id>` in the store: account/evidence-book.ts. */
  readonly evidence: HeldEvidence | undefined;
}

export interface IdentityRecord extends IdentityParts {
  readonly peer: PeerId;
  /** It delivered a model, in this run or an earlier one. */
  readonly isKnown: boolean;
  /** It did so in an earlier run. */
  readonly isTrusted: boolean;
  /** When it last delivered a model, on the monotonic clock; undefined where that is long ago. */
  readonly deliveredMs: number | undefined;
}

/** How often an author was drawn in this run. */
export interface Asked {
  readonly preferred: number;
  readonly atRandom: number;
  /** The last time. */
  readonly cycle: number;
  readonly wasPreferred: boolean;
}

/** The newest announcement of an author. */
export interface Slot {
  announced: Announced;
  /** Those before it that it has signed, as they came, the newest first. */
  before: readonly Uint8Array[];
  /** Stands for the author among the models that were seen. */
  readonly tag: number;
  /** Grows with every announcement that is kept. */
  readonly order: number;
  givenUp: boolean;
  /** Time in which its age grows by one step: a moving average, ms; undefined before its second announcement. */
  readonly stepMs: number | undefined;
  /** How many announcements it may still make. */
  readonly allowance: Allowance;
  /**
   * How many announcements of it may still be relayed: `direct` of those that came from itself, `passed` of those that came from others. They are counted apart, so that
   * a head of its log that only this peer hears of still reaches peers that hear of another head.
   */
  direct: Allowance | undefined;
  readonly passed: Allowance | undefined;
  /** When a signed announcement last came from itself, since it connected, on the monotonic clock; undefined where none did. */
  signedMs: number | undefined;
  /** How many of its old announcements may still be looked into. */
  doubts: Allowance | undefined;
}

export interface Strike {
  readonly points: number;
  /** Left out before this cycle. */
  readonly untilCycle: number;
  /** Its first failure cost nothing. */
  readonly isExcused: boolean;
}

export interface Head {
  readonly announcement: Announcement;
  /** Since when generations are counted, ms since 1970. */
  readonly sinceMs: number;
  /** Generations that the author has begun since. */
  readonly begun: number;
  /** When the last head was proved whose checkpoint its author had signed as well, on the monotonic clock; undefined where none was in this run. */
  readonly notedMs: number | undefined;
  /** Of the tree of that head; undefined where the head was read from the store. */
  readonly frontier: Frontier | undefined;
}

/** What an accused key was to this peer when the evidence came, or since. */
export type Grade = "known" | "met" | "stranger";

export interface HeldEvidence {
  readonly kind: EvidenceKind;
  /** As it is gossiped. */
  readonly bytes: Uint8Array;
  readonly grade: Grade;
}
