/**
 * A budget of bytes as people write it: so many in a span of time, such as `2MB/day`, or `unlimited`.
 *
 *     budget = "unlimited" / number [" "] unit ["/" or " per "] span
 *     unit   = B, kB, MB, GB, TB (powers of ten), KiB, MiB, GiB, TiB (powers of two)
 *     span   = second, minute, hour, day, week, month (30 days); also s, min, h, d
 */
import { formatBytes } from "../base/figures.ts";

/** At most so many bytes in any span of so long. */
export interface ByteLimit {
  readonly bytes: number;
  readonly perMs: number;
}

export const UNLIMITED = "unlimited";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SPANS_MS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
};
/** Of one letter there is no month and no minute: an m may be either. */
const SHORT_SPANS: Readonly<Record<string, string>> = { s: "second", min: "minute", h: "hour", d: "day" };
const FORM = /^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*(?:\/|\s+(?:per|a|an)\s+)\s*([a-z]+)$/;
const EXAMPLE = "write it as 2MB/day, 500kB/hour or unlimited";

/**
 * The limit that a text says; undefined for `unlimited`.
 *
 * @throws RangeError that says what is wrong with it, and how it is written.
 * @example
 * import { parseByteLimit } from "hearsay/protocol/traffic/byte-limit";
 * parseByteLimit("2MB/day"); // -> { bytes: 2000000, perMs: 86400000 }
 */
export function parseByteLimit(text: string): ByteLimit | undefined {
  const given = text.trim();
  if (given === UNLIMITED) return undefined;
  const [, number, unit = "", span = ""] = FORM.exec(given) ?? [];
  if (number === undefined) throw new RangeError(`${JSON.stringify(text)} is no budget: ${EXAMPLE}`);
  const unitBytes = UNITS[unit];
  if (unitBytes === undefined) throw new RangeError(`${JSON.stringify(text)}: ${unitFault(unit)}`);
  const perMs = SPANS_MS[SHORT_SPANS[span] ?? span] ?? SPANS_MS[span.replace(/s$/, "")];
  if (perMs === undefined)
    throw new RangeError(
      `${JSON.stringify(text)}: "${span}" is no span of time; give one of ${Object.keys(SPANS_MS).join(", ")}`,
    );
  const bytes = Math.floor(Number(number) * unitBytes);
  if (bytes < 1 || !Number.isSafeInteger(bytes))
    throw new RangeError(`${JSON.stringify(text)}: give 1 B to 9,000 TB; ${UNLIMITED} is no bound at all`);
  return { bytes, perMs };
}

function unitFault(unit: string): string {
  if (/^[kKMGT]b$/.test(unit)) return `"${unit}" would be bits; write ${unit[0]}B for bytes`;
  return `"${unit}" is no unit of bytes; give one of ${Object.keys(UNITS).join(", ")}`;
}

/** `2 MB a day`. */
export function byteLimitText({ bytes, perMs }: ByteLimit): string {
  const span = Object.entries(SPANS_MS).find(([, ms]) => ms === perMs)?.[0] ?? `${perMs / 1000} s`;
  return `${formatBytes(bytes)} ${span === "hour" ? "an" : "a"} ${span}`;
}
