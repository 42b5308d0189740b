/** When the rows of a series are, in steps: of whole days by the calendar of a zone, of anything shorter by the moments themselves, so that summer time neither makes a gap nor hides one. */

import { durationMs } from "../../../protocol/base/duration.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { timeOf } from "../../data/follow/time-of.ts";
import { isTimeZone, momentIn } from "../../policy/wall-clock.ts";

export interface Steps {
  /** Number of the step of a time as it is written, or what is wrong with it. @param before number of the step before it, of the same series. */
  of(text: string, before: number | undefined): number | string;
}

const DAY_MS = 86_400_000;
/** Of a step, by which a time may miss it. */
const SLACK = 0.1;
/** A time that names its zone. */
const HAS_ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;

/** @throws HearsayError ERR_CONFIG for a step that is none, or a zone that nobody knows. */
export function createSteps(step: string, zone: string | undefined): Steps {
  const stepMs = durationMs(step);
  if (stepMs === undefined)
    throw new HearsayError("ERR_CONFIG", `--step ${step}: give a time span such as 15m, 1h or 1d`);
  if (zone !== undefined && !isTimeZone(zone))
    throw new HearsayError("ERR_CONFIG", `--zone ${zone}: no such time zone; give a name such as Europe/Berlin`);
  return stepMs % DAY_MS === 0 ? calendarSteps(stepMs / DAY_MS) : momentSteps(stepMs, zone);
}

/** By the date as it is written: a day is a day, whether it has 23 hours or 25. */
function calendarSteps(days: number): Steps {
  let first: number | undefined;
  return {
    of(text) {
      const date = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
      const ms = timeOf(date ?? text);
      if (typeof ms === "string") return ms;
      const day = Math.floor(ms / DAY_MS);
      first ??= day;
      return (day - first) % days === 0 ? (day - first) / days : `${text} is between two steps`;
    },
  };
}

function momentSteps(stepMs: number, zone: string | undefined): Steps {
  const momentOf = zone === undefined ? undefined : momentIn(zone);
  let first: number | undefined;
  return {
    of(text, before) {
      const shown = timeOf(text);
      if (typeof shown === "string") return shown;
      const isLocal = momentOf !== undefined && !HAS_ZONE.test(text) && /^\d{4}-/.test(text);
      const afterMs = before === undefined || first === undefined ? undefined : first + before * stepMs;
      const ms = isLocal ? momentOf(shown, afterMs) : shown;
      if (ms === undefined) return `${text} is at no moment in ${zone}: clocks were set forward over it`;
      first ??= ms;
      const steps = (ms - first) / stepMs;
      const step = Math.round(steps);
      return Math.abs(steps - step) <= SLACK ? step : `${text} is between two steps`;
    },
  };
}
