/** What the page of a peer is told (node/page/), as events of a stream. Types only: the page is built for browsers, and shares nothing else with the peer. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { StreamStatus } from "../../protocol/learn/stream/stream.ts";
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";
import type { ArchiveSummary } from "../disk/archive.ts";
import type { Silence } from "../net/company.ts";
import type { LinkReport } from "../net/metering.ts";

/** The figure by which the page says whether a model learns. */
export interface PageMetric {
  readonly name: string;
  readonly label: string;
  readonly lowerIsBetter: boolean;
  /** A share of all, 0 .. 1, as accuracy is; else in the units of the data. */
  readonly isShare: boolean;
}

/** What does not change while the peer runs. */
export interface PageFacts {
  readonly peerId: PeerId;
  readonly stateDir: string;
  readonly versions: { readonly hearsay: string; readonly node: string; readonly protocol: string };
  /** Null without a hold-out. */
  readonly metric: PageMetric | null;
  /** Of the commonest class, or of the mean, on the hold-out. */
  readonly naive: number | null;
  /** Null where nobody knows. */
  readonly numHoldout: number | null;
  /** Whether the task hides single examples: the model alone does not. */
  readonly isPrivate: boolean;
  /** Why there is no model alone; null where there is one. */
  readonly noAlone: string | null;
}

/** A moment of the history. */
export interface PageSample {
  readonly atMs: number;
  readonly cycle: number;
  /** Of the serving model on the hold-out. */
  readonly own: number | null;
  /** The best so far of the model that was trained alone. */
  readonly alone: number | null;
  /** On rows that were not learned yet; left out where none are followed, or none has come. */
  readonly prequential?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly neighbours: number;
}

export interface PageNeighbour {
  readonly peer: PeerId;
  /** Undefined once it has gone. */
  readonly link?: {
    readonly address: string;
    /** Whether this end dialled. */
    readonly isOutbound: boolean;
    readonly sinceMs: number;
    /** Since the last byte of it, ms. */
    readonly silentMs: number;
  };
  /** When it was connected last. */
  readonly seenMs: number;
  /** Of the last model that was pulled from it. */
  readonly bytesPerSecond?: number;
}

export interface PageRefusal {
  readonly atMs: number;
  readonly peer: PeerId;
  readonly code: string;
  readonly message: string;
}

export interface PageStaleness {
  /** Of the models of the newest merges, in cycles. */
  readonly mean: number;
  readonly most: number;
  readonly models: number;
}

export interface PageAlone {
  /** The best so far. */
  readonly figure: number | null;
  /** Steps that it took, of those that the peer's own trainings took. */
  readonly steps: number;
  readonly of: number;
}

/** How things stand. */
export interface PageNow {
  readonly atMs: number;
  readonly uptimeSeconds: number;
  readonly status: PeerStatus;
  /** Where rows are followed. */
  readonly stream?: StreamStatus;
  readonly addresses: readonly string[];
  readonly invite: string;
  readonly budget: readonly LinkReport[];
  readonly archive: ArchiveSummary | null;
  readonly own: number | null;
  readonly alone: PageAlone | null;
  readonly neighbours: readonly PageNeighbour[];
  /** What owners call peers that are connected, known or banned, where they told. Checked by nobody: shown beside the id only. */
  readonly names: Readonly<Record<PeerId, string>>;
  /** Known peers of which nothing came for long. */
  readonly silence: Silence;
  /** The newest first. */
  readonly refusals: readonly PageRefusal[];
  /** Forks and other evidence against keys that came to light in this run. */
  readonly evidence: readonly PageRefusal[];
  readonly staleness: PageStaleness | null;
  /** When others cosigned more of the log than before. */
  readonly witnessedMs: number | null;
  readonly freeBytes: number | null;
  /** In words: connections of which nothing came, what is spent for privacy, what is given up for the budget of bytes, and what the owner told the peer to do (pauses, whom it asks first). */
  readonly words: {
    readonly turnedAway: string | null;
    readonly privacy: string | null;
    readonly thrift: readonly string[];
    readonly choices: readonly string[];
  };
}

/** By name of the event. */
export interface PageEvents {
  readonly facts: PageFacts;
  /** The whole history: at the beginning, and when it was thinned out. */
  readonly samples: readonly PageSample[];
  readonly sample: PageSample;
  /** All that is remembered at the beginning, then what is new; oldest first. */
  readonly merges: readonly RememberedMerge[];
  readonly now: PageNow;
  /** The peer stops. */
  readonly ended: { readonly atMs: number };
}

export type PageEventName = keyof PageEvents;
