/** Unknown names of settings, with the known one that was probably meant. */
import type * as z from "zod";
import type { Fault } from "../../protocol/base/faults.ts";
import { distance, MOST_DIFFERENT, plain } from "../../protocol/base/nearest.ts";
import { SETTINGS } from "./table.ts";

const PREFIX = "HEARSAY_";
/** Read elsewhere: by options of the command line, and where a passphrase is needed. */
const OTHER_VARIABLES = ["HEARSAY_STATE", "HEARSAY_PASSPHRASE", "HEARSAY_POLICY"];

/** The faults of an error (`faultsOf`), those of unknown names with the nearest setting. */
export function withNearest(faults: readonly Fault[], error: z.ZodError): Fault[] {
  return faults.map((fault, i) => {
    const issue = error.issues[i];
    if (issue?.code !== "unrecognized_keys") return fault;
    const prefix = issue.path.map((part) => `${String(part)}.`).join("");
    const told = issue.keys.map((key) => {
      const meant = nearestSetting(prefix + key);
      return JSON.stringify(key) + (meant === undefined ? "" : ` (did you mean ${meant}?)`);
    });
    const what = told.length === 1 ? "no setting has this name" : "no settings have these names";
    const advice = isOfTask(issue.keys)
      ? "this looks like a task, which --task reads"
      : "hearsay config show has them all";
    return { ...fault, message: `${told.join(", ")}: ${what}; ${advice}` };
  });
}

/** Whether these fields are of a task: a model and what it answers, which no setting is called. */
function isOfTask(keys: readonly string[]): boolean {
  return keys.includes("model") && keys.includes("output");
}

/** The path of the setting whose name is nearest, in whatever section and spelling; undefined where none is near. */
export function nearestSetting(given: string): string | undefined {
  const name = plain(last(given));
  const ranked = [...SETTINGS.keys()]
    .map((path) => {
      const apart = Math.min(distance(name, plain(last(path))), distance(plain(given), plain(path)));
      return { path, apart: apart + (sectionOf(path) === sectionOf(given) ? 0 : 0.5) };
    })
    .toSorted((a, b) => a.apart - b.apart);
  const [best] = ranked;
  return best !== undefined && best.apart <= MOST_DIFFERENT * name.length ? best.path : undefined;
}

/** Variables of an environment that look like settings and are none, each with the one that was meant where one is near. */
export function unknownVariables(environment: Readonly<Record<string, unknown>>): string[] {
  const known = new Set([...OTHER_VARIABLES, ...[...SETTINGS.values()].map(({ variable }) => variable)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .map((name) => {
      const meant = SETTINGS.get(nearestSetting(name.slice(PREFIX.length)) ?? "");
      return name + (meant === undefined ? "" : ` (did you mean ${meant.variable}?)`);
    });
}

function last(path: string): string {
  return path.split(".").at(-1) as string;
}

function sectionOf(path: string): string {
  return path.split(".").slice(0, -1).join(".");
}
