/** A window of a stream with the values of its rows: those that are learned from, or those that are held out. */
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { inputSize, type LearningTask, targetSize } from "../../base/task.ts";
import { SlotRows, type StreamRow } from "./slot-rows.ts";
import type { StreamPast, WindowName } from "./stream.ts";
import type { StreamWindow, WindowSpec } from "./window.ts";
import { WINDOWS } from "./windows/registry.ts";

export interface ShelfOptions {
  readonly task: LearningTask;
  readonly window: WindowSpec;
  /** Share of the rows that are held out; their window is of the same kind. */
  readonly holdout: number;
  readonly seed: string;
}

export interface Shelf {
  readonly window: StreamWindow;
  readonly rows: SlotRows;
}

/** A window by age has as many rows as memory is for. @throws HearsayError ERR_CONFIG for more rows than that. */
export function boundedWindow({ task, window }: Pick<ShelfOptions, "task" | "window">): WindowSpec {
  const values = inputSize(task) + targetSize(task);
  const most = Math.max(1, Math.floor(LIMITS.maxWindowValues / values));
  if (window.rows <= most) return window;
  if (window.ageMs !== undefined) return { ...window, rows: most };
  const message = `stream.window: ${window.rows} rows of ${values} values are more than ${LIMITS.maxWindowValues}; give at most ${most} rows`;
  throw new HearsayError("ERR_CONFIG", message, { rows: window.rows, most });
}

/** @param past from before a restart. @throws RangeError for a kind of window that is none. */
export function shelfOf(
  { task, window: spec, seed, holdout }: ShelfOptions,
  name: WindowName,
  past: StreamPast | undefined,
): Shelf {
  const kind = WINDOWS.get(spec.kind);
  if (kind === undefined) throw new RangeError(`no window ${spec.kind}`);
  const { output } = task;
  const numClasses = output.kind === "classification" ? output.classes.length : 1;
  const part = name === "holdout" ? holdout : 1 - holdout;
  const kept = (past?.rows ?? []).filter((one) => one.window === name).sort((a, b) => a.seq - b.seq);
  const placed = kept.map(({ slot, seq, row }) => ({ slot, seq, timeMs: row.timeMs, label: labelOf(row, task) }));
  const window = kind.create(
    { spec: { ...spec, rows: Math.max(1, Math.round(part * spec.rows)) }, numClasses, seed: `${seed}/${name}` },
    past && { placed, seen: past.seen[name] },
  );
  const rows = new SlotRows(inputSize(task), targetSize(task));
  for (const { slot, row } of kept) rows.set(slot, row);
  return { window, rows };
}

/** Class index; 0 of a regression. */
export function labelOf({ targets }: Pick<StreamRow, "targets">, { output }: LearningTask): number {
  return output.kind === "classification" ? (targets[0] as number) : 0;
}
