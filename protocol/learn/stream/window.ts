/**
 * A window on a stream: which of the rows that ever came are learned from. It decides by the number of a row, its time and its class, and holds no values:
 * those lie in slots (slot-rows.ts), so that what changed can be saved slot by slot.
 */

/** What a window looks at. */
export interface Arrival {
  /** Number of the row among all that were accepted, ascending. */
  readonly seq: number;
  /** ms since the Unix epoch: of the time column, or of the arrival where there is none. */
  readonly timeMs: number;
  /** Class index; 0 of a regression. */
  readonly label: number;
}

/** A row that is in a window. */
export interface Placed extends Arrival {
  readonly slot: number;
}

export interface StreamWindow {
  /** Most slots that are ever in use; slots are 0 .. capacity - 1. */
  readonly capacity: number;
  /** The slot that a row gets, from which an earlier row was dropped; undefined: the row is not kept. */
  admit(row: Arrival): number | undefined;
  /** Frees the slots of rows that are too old by then. */
  expire(nowMs: number): readonly number[];
  /** Frees the slots of all rows but those of this number and later ones. */
  keepFrom(seq: number): readonly number[];
  /** Rows that were seen (a reservoir: by class): what it has to know to go on. */
  seen(): readonly number[];
}

/** What a window was before a restart. */
export interface WindowPast {
  readonly placed: readonly Placed[];
  readonly seen: readonly number[];
}

/** A window as its owner asks for it: `last:10000`, `last:7d`, `reservoir:5000`. */
export interface WindowSpec {
  readonly kind: string;
  /** Most rows. */
  readonly rows: number;
  /** Rows older than this leave. */
  readonly ageMs?: number;
}

export interface WindowOptions {
  readonly spec: WindowSpec;
  /** 1 of a regression. */
  readonly numClasses: number;
  /** Names the chance by which a row is kept: same seed, same rows, same window. */
  readonly seed: string;
}

/** A kind of window, under the name by which a setting asks for it. */
export interface WindowKind {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** Whether it can be asked for by age, too. */
  readonly takesAge: boolean;
  create(options: WindowOptions, past?: WindowPast): StreamWindow;
}
