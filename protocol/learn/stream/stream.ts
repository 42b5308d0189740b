/** What a stream of rows is to a peer that learns from it: where rows come from, what is kept of them, and what is told of it. */
import type { AlarmState } from "./alarm.ts";
import type { PrequentialState } from "./prequential.ts";
import type { StreamRow } from "./slot-rows.ts";

/** Rows that have come, each checked against the task. */
export interface Batch {
  readonly rows: readonly StreamRow[];
  /** Where the source goes on after a restart, as JSON; undefined where it cannot. */
  readonly position?: unknown;
  /** Rows since the start that did not fit the task. */
  readonly bad: number;
  /** Of a series, values since the start that made no row. */
  readonly apart?: Readonly<Required<Pick<StreamTallies, "late" | "ahead" | "duplicate" | "gaps">>>;
  /** Whether more is there already. */
  readonly isMore: boolean;
}

/** Where rows come from. */
export interface StreamSource {
  /** In words, for messages. */
  readonly name: string;
  /** What has come, at most so many rows; never waits for more. @throws HearsayError ERR_DATA for a source that is gone for good. */
  take(maxRows: number): Promise<Batch>;
  /** What was taken is on disk: whoever sent it need not send it again. */
  acknowledge(): void;
}

export type WindowName = "train" | "holdout";

/** A row in a slot of a window. */
export interface KeptRow {
  readonly window: WindowName;
  readonly slot: number;
  readonly seq: number;
  readonly row: StreamRow;
}

/** What has to survive beside the rows. */
export interface StreamCounts {
  /** Number of the next row. */
  readonly nextSeq: number;
  /** Rows seen by class, of each window (`StreamWindow.seen`). */
  readonly seen: Readonly<Record<WindowName, readonly number[]>>;
  /** How the model did on all rows so far, and what watches that; rows of a version before these were kept have neither. */
  readonly prequential?: PrequentialState;
  readonly alarm?: AlarmState;
  readonly position?: unknown;
}

/** Where a stream was before a restart. */
export interface StreamPast extends StreamCounts {
  readonly rows: readonly KeptRow[];
}

/** One step of a stream, saved whole or not at all. */
export interface StreamChange {
  readonly kept: readonly KeptRow[];
  readonly freed: readonly Pick<KeptRow, "window" | "slot">[];
  readonly counts: StreamCounts;
}

/** Where it is kept; nowhere in a simulation. */
export interface StreamMemory {
  /** On disk when it resolves. */
  save(change: StreamChange): Promise<void>;
}

/** What became of the rows, since the start. */
export interface StreamTallies {
  taken: number;
  bad: number;
  late: number;
  ahead: number;
  duplicate: number;
  alarms: number;
  /** Of a series: values whose row looks back on one that is missing, as at the beginning. */
  gaps?: number;
}

/** A snapshot for people and dashboards. */
export interface StreamStatus {
  readonly source: string;
  readonly rows: Readonly<StreamTallies>;
  /** Rows that are learned from now, and that are held out. */
  readonly window: number;
  readonly holdout: number;
  /** The prequential figure; value null before the first row. */
  readonly prequential: { readonly name: "accuracy" | "rmse"; readonly value: number | null; readonly rows: number };
  /** While a raised rate holds after an alarm: by how much, and for how long yet. */
  readonly raised?: { readonly factor: number; readonly forMs: number };
}

/** What a stream tells when it happens. */
export type StreamEvent =
  | {
      readonly kind: "drift";
      readonly state: "alarm";
      readonly detector: string;
      /** The prequential figure then. */
      readonly figure: number;
      /** Rows that are taken for those of the new kind. */
      readonly recent: number;
      /** The learning rate is so much higher, for so long; or earlier rows have left the window. */
      readonly does:
        | { readonly kind: "rate"; readonly factor: number; readonly forMs: number }
        | { readonly kind: "window"; readonly left: number };
    }
  | { readonly kind: "drift"; readonly state: "over" };
