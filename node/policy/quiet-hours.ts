/**
 * Windows of local time in which a peer is not there. A moment is held against what a clock on the wall shows then, so that summer time needs no rule: a window
 * over an hour that is skipped is shorter that day, and over one that comes twice it is longer.
 */
import { DAYS, shownTimeIn } from "../time-zones.ts";

/** Days of the week, Monday first; minutes of the day. `from` above `to`: over midnight, on the days on which it begins. */
export interface QuietWindow {
  readonly days: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;
/** A week, and a day for whatever summer time does: within it each window begins and ends. */
const LOOK_AHEAD_MINUTES = 8 * DAY_MINUTES;
const FORM = /^(?:([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))?\s+)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/;
const EXAMPLE = 'write it as "22:00-06:00" or "Mon-Fri 08:00-18:00"';

/** @throws RangeError that says how it is written. */
export function parseWindow(text: string): QuietWindow {
  const [whole, firstDay, lastDay, ...times] = FORM.exec(text.trim()) ?? [];
  if (whole === undefined) throw new RangeError(`${JSON.stringify(text)} is no window of time: ${EXAMPLE}`);
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = times.map(Number);
  const [from, to] = [60 * fromHour + fromMinute, 60 * toHour + toMinute];
  if (fromMinute > 59 || toMinute > 59 || from >= DAY_MINUTES || to > DAY_MINUTES || from === to)
    throw new RangeError(
      `${JSON.stringify(text)}: times go from 00:00 to 24:00, and a window has a length; ${EXAMPLE}`,
    );
  return { days: daysOf(text, firstDay, lastDay), from, to };
}

function daysOf(text: string, first: string | undefined, last: string | undefined): Set<number> {
  if (first === undefined) return new Set(DAYS.keys());
  const [begin, end] = [DAYS.indexOf(first), DAYS.indexOf(last ?? first)];
  if (begin < 0 || end < 0) throw new RangeError(`${JSON.stringify(text)}: days are ${DAYS.join(", ")}`);
  const count = ((end - begin + DAYS.length) % DAYS.length) + 1;
  return new Set(Array.from({ length: count }, (_, i) => (begin + i) % DAYS.length));
}

/** Of one policy. */
export interface QuietHours {
  isQuiet(ms: number): boolean;
}

/** @param timeZone that of the machine where it is undefined. */
export function createQuietHours(texts: readonly string[], timeZone: string | undefined): QuietHours {
  const windows = texts.map(parseWindow);
  const wall = shownTimeIn(timeZone);
  return {
    isQuiet(ms) {
      const { day, minute } = wall(ms);
      return windows.some((window) => holds(window, day, minute));
    },
  };
}

function holds({ days, from, to }: QuietWindow, day: number, minute: number): boolean {
  const yesterday = (day + DAYS.length - 1) % DAYS.length;
  if (from < to) return days.has(day) && minute >= from && minute < to;
  return (days.has(day) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** When what holds at a moment changes next, to the minute; undefined where it does not within eight days. */
export function nextChangeMs(isQuiet: (ms: number) => boolean, fromMs: number): number | undefined {
  const now = isQuiet(fromMs);
  const first = Math.floor(fromMs / MINUTE_MS) + 1;
  for (let minute = first; minute < first + LOOK_AHEAD_MINUTES; minute++)
    if (isQuiet(minute * MINUTE_MS) !== now) return minute * MINUTE_MS;
  return undefined;
}
