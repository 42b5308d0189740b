/** Dates and times as clocks of a time zone show them. The only file that asks the host about time zones; its language is fixed, so that the setting of the host changes nothing. */

export interface WallTime {
  /** Of the week, Monday 0. */
  readonly day: number;
  /** Of the day. */
  readonly minute: number;
}

const DAY_MS = 86_400_000;

export const DAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param timeZone that of the machine where it is undefined. */
export function shownTimeIn(timeZone: string | undefined): (ms: number) => WallTime {
  const format = new Intl.DateTimeFormat("en-US", {
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timeZone !== undefined && { timeZone }),
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const minute = 60 * Number(parts.get("hour")) + Number(parts.get("minute"));
    return { day: DAYS.indexOf(parts.get("weekday") ?? ""), minute };
  };
}

/**
 * The moment at which clocks of a zone show this date and time (written as a moment of UTC); undefined where none does, since clocks were set forward over it. Of two, in the hour that comes twice,
 * the earlier one, unless that is no later than `afterMs`.
 */
export function momentIn(timeZone: string): (shownMs: number, afterMs?: number) => number | undefined {
  const format = new Intl.DateTimeFormat("en-US", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  });
  const shownAt = (ms: number) => {
    const part = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0;
    return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) + (ms % 1000);
  };
  return (shownMs, afterMs = Number.NEGATIVE_INFINITY) => {
    const offsets = [shownMs - DAY_MS, shownMs + DAY_MS].map((ms) => shownAt(ms) - ms);
    const moments = [...new Set(offsets.map((offset) => shownMs - offset))].sort((a, b) => a - b);
    const right = moments.filter((ms) => shownAt(ms) === shownMs);
    return right.find((ms) => ms > afterMs) ?? right[0];
  };
}

/** Whether this system knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
