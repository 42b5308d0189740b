/** What a drift alarm does: the learning rate is raised for a while, or earlier rows leave the window. */
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
  /** What it knows, for after a restart; undefined where nothing watches. */
  state(): AlarmState | undefined;
}

/** An alarm as it is kept. */
export interface AlarmState {
  /** Of this layout. Another is as good as nothing. */
  readonly version: number;
  readonly detector: string;
  /** `DriftDetector.state`. */
  readonly state: readonly number[];
  /** Until when the rate is raised, ms of the wall clock. */
  readonly untilMs?: number;
}

const VERSION = 1;

/** @param past the state before a restart. A detector begins anew where that is of another detector, or damaged. */
export function createAlarm(
  { detector: name, does, factor, forMs }: AlarmSpec,
  clock: Pick<Clock, "monotonicMs" | "now">,
  past?: AlarmState,
): Alarm {
  const known = past?.version === VERSION && past.detector === name ? past : undefined;
  const detector = DETECTORS.get(name)?.create(known?.state);
  const pastMs = known?.untilMs === undefined ? 0 : Math.min(forMs, known.untilMs - clock.now());
  let endsMs = does === "rate" && pastMs > 0 ? clock.monotonicMs() + pastMs : undefined;
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
    state: () =>
      detector && {
        version: VERSION,
        detector: name,
        state: detector.state(),
        ...(leftMs() > 0 && { untilMs: clock.now() + leftMs() }),
      },
  };
}
