/** The setting `budget`: bytes that the process may send and receive, of all links or by kinds of links. */
import { isIP } from "node:net";
import { LIMITS } from "../../protocol/base/limits.ts";
import { type ByteLimit, parseByteLimit, UNLIMITED } from "../../protocol/traffic/byte-limit.ts";

/** As people write it: `2MB/day`, `about 1GB/day`, `lan=unlimited,lte=20MB/day`, or a map in the file. */
export type BudgetText = string | Readonly<Record<string, string>>;

export interface LinkBudget {
  /** Of the links that it is for (net/link-kinds.ts). */
  readonly kind: string;
  /** Undefined where it is unlimited. */
  readonly limit: ByteLimit | undefined;
  /** Planned with, and not enforced. */
  readonly isPlanned?: true;
}

const KINDS = ["loopback", "lan", "lte", "wifi", "other"];
/** Names of network interfaces have digits: eth0, wwan*. */
const INTERFACE = /^[a-z][a-z0-9._-]*(?:\d[a-z0-9._-]*|\*)$/i;
const MOST_KINDS = 16;
/** A kind of links and its budget, as on a command line or as in the file: an IPv6 range has colons, but none before a space. */
const MAP = /^([^=]*?)(?:=|:\s)(.*)$/s;
/** Before a budget that is no bound. */
const ABOUT = /^\s*about\s+/;

/**
 * What a budget says, `other` last; nothing where all links are unlimited.
 * @throws RangeError with the remedy.
 */
export function linkBudgets(given: BudgetText): LinkBudget[] {
  if (typeof given === "string" && ABOUT.test(given)) {
    const { limit } = lineOf("all", given.replace(ABOUT, ""));
    return limit === undefined ? [] : [{ kind: "all", limit, isPlanned: true }];
  }
  const lines = linesOf(given).map(([kind, text]) => lineOf(kind, text));
  if (lines.length > MOST_KINDS) throw new RangeError(`${lines.length} kinds of links; give at most ${MOST_KINDS}`);
  if (lines.every(({ limit }) => limit === undefined)) return [];
  return lines.toSorted((a, b) => Number(a.kind === "other") - Number(b.kind === "other"));
}

function linesOf(given: BudgetText): (readonly [kind: string, text: string])[] {
  if (typeof given !== "string") return Object.entries(given);
  if (!MAP.test(given)) return [["all", given]];
  return given.split(",").map((part) => {
    const [, kind = "", text] = MAP.exec(part) ?? [];
    if (text === undefined)
      throw new RangeError(`${JSON.stringify(part)} names no kind of links; write lan=${UNLIMITED},lte=20MB/day`);
    return [kind.trim(), text];
  });
}

function lineOf(kind: string, text: string): LinkBudget {
  if (kind !== "all" && !KINDS.includes(kind) && !INTERFACE.test(kind) && !isRange(kind))
    throw new RangeError(
      `"${kind}" is no kind of links; give ${KINDS.join(", ")}, an interface such as wwan0 or en*, or a range of addresses such as 10.0.0.0/8`,
    );
  const limit = parseByteLimit(text);
  if (limit !== undefined && limit.bytes < LIMITS.leastBudgetBytes)
    throw new RangeError(
      `${JSON.stringify(text)} is less than 1 MB, and one read from a socket may bring 64 KiB: give it for a longer time, such as 1MB/day`,
    );
  return { kind, limit };
}

function isRange(text: string): boolean {
  const [network = "", bits = ""] = text.split("/");
  const family = isIP(network);
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
