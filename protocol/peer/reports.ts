/** What a peer reports of its work: events for an observer, and counters for its status. */

import type { CandidateExplanation } from "../base/learning-seams.ts";
import type { PeerId } from "../base/seams.ts";
import type { StreamEvent } from "../learn/stream/stream.ts";
import type { ParentStatus } from "../log/entry/bodies.ts";
import type { EvidenceKind } from "../log/entry/evidence.ts";
import type { PrivacyStatus } from "../privacy/spent.ts";
import type { ThriftStatus } from "../traffic/thrift.ts";

export interface Reports {
  readonly counters: Counters;
  tell(event: PeerEvent): void;
  /** Counts something that was refused, by its code. */
  count(code: string): void;
  /** Counts and tells that something of a peer was refused. */
  refused(peer: PeerId, code: string, message: string): void;
}

/** @param observe hears of events; must not throw. */
export function createReports(observe?: (event: PeerEvent) => void): Reports {
  const counters = createCounters();
  const tell = (event: PeerEvent) => observe?.(event);
  const count = (code: string) => {
    counters.refused[code] = (counters.refused[code] ?? 0) + 1;
  };
  return {
    counters,
    tell,
    count,
    refused(peer, code, message) {
      count(code);
      tell({ kind: "refused", peer, code, message });
    },
  };
}

/** All counted since the process started. */
export interface Counters {
  published: number;
  /** Aggregations that moved the model. */
  merges: number;
  /** Candidates by what became of them, as in the log. */
  used: number;
  clipped: number;
  duplicate: number;
  removed: number;
  invalid: number;
  /** Trainings whose result was not finite and was thrown away. */
  diverged: number;
  /** Announcements and bodies that were refused, by error code. */
  readonly refused: Record<string, number>;
}

function createCounters(): Counters {
  return {
    published: 0,
    merges: 0,
    used: 0,
    clipped: 0,
    duplicate: 0,
    removed: 0,
    invalid: 0,
    diverged: 0,
    refused: {},
  };
}

/** A model of another peer in a merge. */
export interface MergedParent {
  readonly peer: PeerId;
  /** Staleness in cycles. */
  readonly tau: number;
  readonly weightQ16: number;
  readonly status: ParentStatus;
  /** Why it did not reach the rule, if that was not its staleness: `own rows` (loop/distrust.ts). */
  readonly removedBy?: string;
  /** Where merges are explained: its influence on the merged model, after blending. */
  readonly explanation?: CandidateExplanation;
}

/** An event of a peer. Each is reported once, in order; the peer does not wait for the observer. */
export type PeerEvent =
  | {
      readonly kind: "trained";
      readonly cycle: number;
      readonly age: number;
      readonly loss: number;
      readonly trainMs: number;
    }
  | ({ readonly kind: "thrift" } & ThriftStatus)
  | { readonly kind: "published"; readonly model: Uint8Array; readonly age: number; readonly bytes: number }
  | {
      readonly kind: "merged";
      readonly cycle: number;
      readonly rule: string;
      readonly candidates: number;
      readonly age: number;
      /** What became of every candidate, except those that were refused or too stale. */
      readonly parents: readonly MergedParent[];
    }
  /** The privacy budget that is left has changed. */
  | ({ readonly kind: "budget" } & PrivacyStatus)
  | { readonly kind: "alone"; readonly cycle: number; readonly candidates: number; readonly quorum: number }
  | { readonly kind: "diverged"; readonly cycle: number }
  /** On a stream of rows: the model has become worse, and what is done about it. */
  | StreamEvent
  /** A trainer in a process of its own failed, or works again after some failures (loop/enduring-fit.ts). */
  | {
      readonly kind: "trainer";
      readonly state: "failed";
      readonly failures: number;
      readonly message: string;
      readonly retryMs: number;
    }
  | { readonly kind: "trainer"; readonly state: "well"; readonly failures: number }
  | { readonly kind: "refused"; readonly peer: string; readonly code: string; readonly message: string }
  /** A key was banned, on evidence that was found or came. */
  | { readonly kind: "evidence"; readonly peer: PeerId; readonly proves: EvidenceKind; readonly reason: string }
  /** Another release serves here from now on, or none, by an order. Not reported for the one that serves on after a restart. */
  | {
      readonly kind: "serves";
      readonly release: { readonly id: string; readonly name: string } | null;
      /** Whether that is a step back: to a release that served here before, or to none. */
      readonly isBack: boolean;
    }
  /** Others may know entries of the own log that the store lacks, and none has answered yet. Until then nothing is logged. */
  | { readonly kind: "waiting" }
  /** Others know entries of the own log that the store lacks, or might: the peer begins a new log. */
  | { readonly kind: "generation"; readonly generation: number; readonly why: AnewReason };

/**
 * `told`: others know entries that the store lacks. `twin`: the same, and the entries were signed since this peer started, so that another process
 * runs with its key. `moved`: the store was copied or restored. `unconfirmed`: no neighbour could tell.
 */
export type AnewReason = "told" | "twin" | "moved" | "unconfirmed";
