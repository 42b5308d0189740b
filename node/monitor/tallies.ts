/** What is counted from the events of a peer, for its metrics and its health: nothing here grows with time or with the number of peers. */
import type { EvidenceKind } from "../../protocol/log/entry/evidence.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";

/** Everything since the start. */
export interface Tallies {
  /** Trainings that counted. */
  readonly trainings: number;
  /** Of the last of them; undefined before the first. */
  readonly loss: number | undefined;
  /** Trainings in a row whose result was thrown away. */
  readonly divergedInRow: number;
  /** Cycles that ended without a merge. */
  readonly alone: number;
  /** Whether the last cycle did. */
  readonly isAlone: boolean;
  readonly evidence: Readonly<Record<EvidenceKind, number>>;
  /** Releases that came to answer here: for the first time, or back from another one. */
  readonly served: Readonly<Record<"new" | "back", number>>;
  /** Unix time of the last way back, ms; undefined before the first. */
  readonly backAtMs: number | undefined;
  /** Unix time of the last training and of the last merge, ms; undefined before the first. */
  readonly trainedAtMs: number | undefined;
  readonly mergedAtMs: number | undefined;
  /** When a cycle last ended, in ms of the monotonic clock; undefined before the first. */
  readonly progressMs: number | undefined;
  /** The longest of the last cycles, ms: a new one that is longer counts at once, and is forgotten little by little. */
  readonly cycleMs: number;
}

/** Distributions: what is observed once a training, and once for each model in a merge. */
export interface Observed {
  training(seconds: number): void;
  staleness(cycles: number): void;
}

export interface Tallying {
  readonly now: () => Tallies;
  readonly observe: (event: PeerEvent) => void;
  /** Distributions go here from now on. */
  into(observed: Observed): void;
}

interface Clocks {
  now(): number;
  monotonicMs(): number;
}

type Count = { -readonly [K in keyof Tallies]: Tallies[K] } & {
  evidence: Record<EvidenceKind, number>;
  served: Record<"new" | "back", number>;
};

/** What is left of a longest cycle after each cycle. */
const FADING = 0.9;

export function createTallies(clock: Clocks): Tallying {
  const count: Count = {
    trainings: 0,
    loss: undefined,
    divergedInRow: 0,
    alone: 0,
    isAlone: false,
    evidence: { fork: 0, end: 0 },
    served: { new: 0, back: 0 },
    backAtMs: undefined,
    trainedAtMs: undefined,
    mergedAtMs: undefined,
    progressMs: undefined,
    cycleMs: 0,
  };
  let observed: Observed | undefined;
  return {
    now: () => ({ ...count, evidence: { ...count.evidence }, served: { ...count.served } }),
    observe: (event) => add(count, event, clock, observed),
    into(other) {
      observed = other;
    },
  };
}

function add(count: Count, event: PeerEvent, clock: Clocks, observed: Observed | undefined): void {
  if (event.kind === "trained") {
    count.trainings++;
    count.loss = event.loss;
    count.divergedInRow = 0;
    count.trainedAtMs = clock.now();
    observed?.training(event.trainMs / 1000);
  } else if (event.kind === "diverged") {
    count.divergedInRow++;
  } else if (event.kind === "evidence") {
    count.evidence[event.proves]++;
  } else if (event.kind === "serves") {
    count.served[event.isBack ? "back" : "new"]++;
    if (event.isBack) count.backAtMs = clock.now();
  } else if (event.kind === "merged" || event.kind === "alone") {
    count.isAlone = event.kind === "alone";
    if (count.isAlone) count.alone++;
    else count.mergedAtMs = clock.now();
    if (event.kind === "merged") for (const { tau } of event.parents) observed?.staleness(tau);
    cycleEnded(count, clock.monotonicMs());
  }
}

function cycleEnded(count: Count, nowMs: number): void {
  if (count.progressMs !== undefined) count.cycleMs = Math.max(nowMs - count.progressMs, FADING * count.cycleMs);
  count.progressMs = nowMs;
}
