/** What a drift alarm does: the learning rate is raised for a while, or rows of before leave the window. */
import type { Clock } from "../../base/seams.ts";
import { DETECTORS } from "./drift/registry.ts";

export interface AlarmSpec {
  /** Of `DETECTORS`, or `none`. */
  readonly detector: string;
  readonly does: "rate" | "window";
  /** By what the learning rate is multiplied, and for how long. */
  readonly factor: number;
  readonly forMs: number;
  /** Rows that stay in a window that is shortened, at least. */
  readonly leastRows: number;
}

export interface Alarm {
  /** Takes how wrong the model was about the next row, 0 to 1; the rows of the new kind where this is an alarm. */
  add(error: number): number | undefined;
  /** By what the learning rate is multiplied now. */
  factor(): number;
  raised(): { readonly factor: number; readonly forMs: number } | undefined;
  /** Whether a raised rate has come to its end since the last call. */
  isOver(): boolean;
}

export function createAlarm(
  { detector: name, does, factor, forMs }: AlarmSpec,
  clock: Pick<Clock, "monotonicMs">,
): Alarm {
  const detector = DETECTORS.get(name)?.create();
  let endsMs: number | undefined;
  const leftMs = () => (endsMs === undefined ? 0 : Math.max(0, endsMs - clock.monotonicMs()));
  return {
    add(error) {
      const recent = detector?.add(error);
      if (recent !== undefined && does === "rate") endsMs = clock.monotonicMs() + forMs;
      return recent;
    },
    factor: () => (leftMs() > 0 ? factor : 1),
    raised: () => (leftMs() > 0 ? { factor, forMs: leftMs() } : undefined),
    isOver() {
      if (endsMs === undefined || leftMs() > 0) return false;
      endsMs = undefined;
      return true;
    },
  };
}
