/** When the rows of a series are, in steps: of whole days by the calendar of a zone, of anything shorter by the moments themselves, so that summer time neither makes a gap nor hides one. */

import { durationMs } from "../../../protocol/base/duration.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { createTimes, timeOf } from "./time-of.ts";

export interface Steps {
  /** Number of the step of a time as it is written, or what is wrong with it. @param before number of the step before it, of the same series. */
  of(text: string, before: number | undefined): number | string;
  /** When a step is, in ms since the Unix epoch; of days, when that day begins on earth. Only after a first time. */
  msOf(step: number): number;
  /** Step 0, for after a restart; undefined before the first time. */
  origin(): number | undefined;
}

const DAY_MS = 86_400_000;
/** Of a step, by which a time may miss it. */
const SLACK = 0.1;
/** So long before it does in UTC a day begins where it begins first. */
const FIRST_ZONE_MS = 14 * 3_600_000;

/** @param origin the one before a restart. @throws HearsayError ERR_CONFIG for a step that is none, or a zone that nobody knows. */
export function createSteps(step: string, zone: string | undefined, origin?: number): Steps {
  const stepMs = durationMs(step);
  if (stepMs === undefined)
    throw new HearsayError("ERR_CONFIG", `--step ${step}: give a time span such as 15m, 1h or 1d`);
  const times = createTimes(zone);
  return stepMs % DAY_MS === 0 ? calendarSteps(stepMs / DAY_MS, origin) : momentSteps(stepMs, times, origin);
}

/** By the date as it is written: a day is a day, whether it has 23 hours or 25. */
function calendarSteps(days: number, origin: number | undefined): Steps {
  let first = origin;
  return {
    of(text) {
      const date = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
      const ms = timeOf(date ?? text);
      if (typeof ms === "string") return ms;
      const day = Math.floor(ms / DAY_MS);
      first ??= day;
      return (day - first) % days === 0 ? (day - first) / days : `${text} is between two steps`;
    },
    msOf: (step) => DAY_MS * ((first ?? 0) + step * days) - FIRST_ZONE_MS,
    origin: () => first,
  };
}

function momentSteps(stepMs: number, times: ReturnType<typeof createTimes>, origin: number | undefined): Steps {
  let first = origin;
  return {
    of(text, before) {
      const afterMs = before === undefined || first === undefined ? undefined : first + before * stepMs;
      const ms = times(text, afterMs);
      if (typeof ms === "string") return ms;
      first ??= ms;
      const steps = (ms - first) / stepMs;
      const step = Math.round(steps);
      return Math.abs(steps - step) <= SLACK ? step : `${text} is between two steps`;
    },
    msOf: (step) => (first ?? 0) + step * stepMs,
    origin: () => first,
  };
}
