/** The windows on a stream, by the names that the setting `stream.window` takes, and how such a setting is read. One more is its file and its place in this list. */
import { durationMs } from "../../../base/duration.ts";
import { HearsayError } from "../../../base/errors.ts";
import { LIMITS } from "../../../base/limits.ts";
import type { WindowKind, WindowSpec } from "../window.ts";
import { last } from "./last.ts";
import { reservoir } from "./reservoir.ts";

export const WINDOWS: ReadonlyMap<string, WindowKind> = new Map([last, reservoir].map((kind) => [kind.name, kind]));

/**
 * `last:10000`, `last:7d`, `reservoir:5000`. A window by age holds at most `LIMITS.maxWindowRows` rows: older ones leave before their time.
 * @throws HearsayError ERR_CONFIG for another text, or more rows than that.
 * @example
 * import { parseWindow } from "hearsay/protocol/learn/stream/windows/registry";
 * parseWindow("last:500"); // -> { kind: "last", rows: 500 }
 * parseWindow("last:36h").ageMs; // -> 129600000
 */
export function parseWindow(text: string): WindowSpec {
  const [, name = "", size = ""] = /^([a-z-]+):(.+)$/.exec(text) ?? [];
  const kind = WINDOWS.get(name);
  const names = [...WINDOWS.values()].map(({ about }) => about).join("; ");
  if (kind === undefined) throw new HearsayError("ERR_CONFIG", `"${text}" is no window; give ${names}`);
  const ageMs = kind.takesAge ? durationMs(size) : undefined;
  if (ageMs !== undefined) return { kind: name, rows: LIMITS.maxWindowRows, ageMs };
  const rows = Number(size);
  if (/^\d+$/.test(size) && rows >= 1 && rows <= LIMITS.maxWindowRows) return { kind: name, rows };
  const ages = kind.takesAge ? ", or an age such as 45s, 30m, 12h or 7d" : "";
  const message = `"${size}" is no size of a window; give a number of rows from 1 to ${LIMITS.maxWindowRows}${ages}`;
  throw new HearsayError("ERR_CONFIG", message, { text });
}
