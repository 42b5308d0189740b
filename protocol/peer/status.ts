/** What a peer says of itself at one moment, for people and dashboards. */
import { toHex } from "../base/bytes.ts";
import type { MeetingStatus } from "../cohort/meeting.ts";
import type { PrivacyStatus } from "../privacy/spent.ts";
import type { ThriftStatus } from "../traffic/thrift.ts";
import type { Accountability, AccountabilityStatus } from "./account/accountability.ts";
import type { PlaceStatus } from "./gateway/gateway.ts";
import type { SelectionStatus } from "./inbound/choosing.ts";
import type { Cohorts } from "./loop/cohorts.ts";
import type { TrainingFault } from "./loop/enduring-fit.ts";
import type { Pause } from "./loop/pauses.ts";
import type { SavedState } from "./loop/state.ts";
import type { Releases } from "./release/releases.ts";
import type { ReleaseStatus } from "./release/status.ts";
import type { Counters } from "./reports.ts";
import type { Parts } from "./wiring.ts";

/** A snapshot for people and dashboards. */
export interface PeerStatus {
  readonly peerId: string;
  readonly task: { readonly id: string; readonly name: string };
  readonly engine: string;
  readonly numExamples: number;
  readonly cycle: number;
  readonly age: number;
  readonly fresh: number;
  readonly quorum: number;
  /** Connected peers that have answered on this task. */
  readonly neighbours: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly logSize: number;
  /** Of the log: how often it was begun anew. */
  readonly generation: number;
  /** When entries of this peer's key were last heard of that another process had just written: two copies run. Left out where never. */
  readonly twinSeenMs?: number;
  /** Where logs are answered for. */
  readonly accountability?: AccountabilityStatus;
  readonly counters: Counters;
  /** Why there is no training now; left out where there is. */
  readonly trainingFault?: TrainingFault;
  /** What is given up for a budget of bytes; left out where nothing is limited. */
  readonly thrift?: ThriftStatus;
  /** What is left of a privacy budget; left out where the task asks for none. */
  readonly privacy?: PrivacyStatus;
  /** Where part of the model stays with this peer: by which method, and how many of its numbers; left out where all is shared. */
  readonly personal?: { readonly method: string; readonly numParams: number };
  /** What is paused now, and why; left out where nothing ever is. */
  readonly pauses?: readonly Pause[];
  /** Where some authors are preferred to others. */
  readonly selection?: SelectionStatus;
  /** Where the task has cohorts: what this peer waits for, and what came of those that it was in. */
  readonly cohort?: MeetingStatus;
  /** Where the task has gateways, and this peer is in a cluster. */
  readonly cluster?: PlaceStatus;
  /** Where the task has release keys. */
  readonly release?: ReleaseStatus;
}

interface Now {
  readonly state: SavedState;
  readonly fresh: number;
  readonly neighbours: number;
  readonly account: Accountability | undefined;
  readonly cohorts: Cohorts | undefined;
  readonly releases: Releases | undefined;
  readonly thrift: ThriftStatus | undefined;
  readonly trainingFault: TrainingFault | undefined;
  readonly privacy: PrivacyStatus | undefined;
  readonly selection: SelectionStatus | undefined;
  readonly twinSeenMs: number | undefined;
}

export function statusOf(parts: Parts, now: Now): PeerStatus {
  const {
    state,
    fresh,
    neighbours,
    account,
    cohorts,
    releases,
    thrift,
    trainingFault,
    privacy,
    selection,
    twinSeenMs,
  } = now;
  const { identity, subject, trainer, transport, log, reports, pauses } = parts;
  return {
    peerId: identity.peerId,
    task: { id: toHex(subject.taskId), name: subject.task.name },
    engine: trainer.engine,
    numExamples: trainer.numExamples,
    cycle: state.cycle,
    age: state.age,
    fresh,
    quorum: subject.task.aggregation.quorum,
    neighbours,
    ...transport.traffic(),
    logSize: log.head().size,
    generation: log.generation,
    ...(twinSeenMs !== undefined && { twinSeenMs }),
    ...(account && { accountability: account.status() }),
    counters: reports.counters,
    ...(trainingFault && { trainingFault }),
    ...(thrift && { thrift }),
    ...(privacy && { privacy }),
    ...(trainer.personal && {
      personal: { method: trainer.personal.method, numParams: trainer.personal.state().length },
    }),
    ...(selection && { selection }),
    ...(pauses && { pauses: pauses() }),
    ...(cohorts && { cohort: cohorts.status() }),
    ...(parts.gateway && { cluster: parts.gateway.status() }),
    ...(releases && { release: releases.status() }),
  };
}
