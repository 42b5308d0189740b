/** When a row is of, from the text of its time column. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { isTimeZone, momentIn } from "../../time-zones.ts";

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;
/** Seconds since 1970 have fewer digits until the year 5138. */
const LEAST_MS = 1e11;
/** A time that names its zone. */
const HAS_ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;
const IS_DATE = /^\d{4}-/;

/**
 * ms since the Unix epoch of an ISO 8601 date or time (without a zone: UTC), or of seconds or milliseconds since 1970; what is wrong with any other text.
 * @example
 * import { timeOf } from "hearsay/node/data/follow/time-of";
 * timeOf("1970-01-02"); // -> 86400000
 * timeOf("1970-01-01 01:00+01:00"); // -> 0
 * timeOf("1700000000"); // -> 1700000000000
 */
export function timeOf(text: string): number | string {
  const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && text.length > 8) return number >= LEAST_MS ? number : 1000 * number;
  const [, year, month, day, hour = "00", minute = "00", second = "00", part = "0", zone = "Z"] = ISO.exec(text) ?? [];
  const plain = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${part.padEnd(3, "0").slice(0, 3)}${plain}`,
  );
  const isThere =
    Number.isFinite(ms) &&
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return isThere ? ms : `"${text.slice(0, 40)}" is no time; write it as 2026-03-29T14:00:00Z, or in seconds since 1970`;
}

/**
 * As `timeOf`, of times that are those of a zone where they name none. An hour that comes twice is the later one where it is not after `afterMs` otherwise; a time that clocks
 * were set forward over is none.
 * @throws HearsayError ERR_CONFIG for a zone that nobody knows.
 * @example
 * import { createTimes } from "hearsay/node/data/follow/time-of";
 * createTimes("Europe/Berlin")("1970-01-01 01:00"); // -> 0
 */
export function createTimes(zone: string | undefined): (text: string, afterMs?: number) => number | string {
  if (zone === undefined) return timeOf;
  if (!isTimeZone(zone))
    throw new HearsayError("ERR_CONFIG", `--zone ${zone}: no such time zone; give a name such as Europe/Berlin`);
  const momentOf = momentIn(zone);
  return (text, afterMs) => {
    const shown = timeOf(text);
    if (typeof shown === "string" || HAS_ZONE.test(text) || !IS_DATE.test(text)) return shown;
    return momentOf(shown, afterMs) ?? `${text} is at no moment in ${zone}: clocks were set forward over it`;
  };
}
