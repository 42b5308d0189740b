/** What a clock on a wall shows at a moment, in a time zone. The one file that asks the host about time zones; the language is fixed, so that it changes nothing. */

export interface WallTime {
  /** Of the week, Monday 0. */
  readonly day: number;
  /** Of the day. */
  readonly minute: number;
}

export const DAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param timeZone that of the machine where it is undefined. */
export function wallClockIn(timeZone: string | undefined): (ms: number) => WallTime {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    ...(timeZone !== undefined && { timeZone }),
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const minute = 60 * Number(parts.get("hour")) + Number(parts.get("minute"));
    return { day: DAYS.indexOf(parts.get("weekday") ?? ""), minute };
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
