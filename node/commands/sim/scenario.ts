/** Scenarios and sweeps from YAML files, with what the command line changes in them. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parse } from "yaml";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { withPlugins } from "./plugins.ts";
import { inlineFiles } from "./traces.ts";

type Tree = import("../../../sim/compare/sweep-paths.ts").Tree;
export type Scenario = import("../../../sim/run/scenario.ts").Scenario;
type Grid = import("../../../sim/compare/sweep.ts").Grid;

/** Options that `sim run` and `sim sweep` share. */
export interface OverrideOptions {
  readonly peers?: string;
  readonly set?: readonly string[];
  /** Files of plugins beside those of the scenario. */
  readonly plugin?: readonly string[];
}

/**
 * A complete scenario.
 * @throws HearsayError ERR_CONFIG with every fault at once; ERR_DATA for a trace that cannot be read.
 */
export async function loadScenario(
  path: string,
  options: OverrideOptions & { readonly seed?: string },
): Promise<Scenario> {
  const { parseScenario } = await import("../../../sim/run/scenario.ts");
  const { set = [], seed } = options;
  const source = await override(await readDocument(path), {
    ...options,
    set: seed === undefined ? set : [...set, `seed=${seed}`],
  });
  const folder = dirname(path);
  return parseScenario(await inlineFiles(await withPlugins(source, options.plugin ?? [], folder), folder));
}

/** @throws HearsayError ERR_CONFIG where the file cannot be read or is not a YAML map. */
export async function readDocument(path: string): Promise<Tree> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file",
      EISDIR: "is a folder; name a file",
    };
    throw new HearsayError("ERR_CONFIG", `${path}: ${why[cause.code ?? ""] ?? cause.message}`, { path }, cause);
  });
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new HearsayError("ERR_CONFIG", `${path} is not YAML: ${(cause as Error).message.trimEnd()}`, { path }, cause);
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return document as Tree;
  throw new HearsayError("ERR_CONFIG", `${path} has no settings at the top, such as "name: my-scenario"`, { path });
}

/** The scenario with the values of `--set PATH=VALUE` and `--peers`. */
export async function override(scenario: Tree, { peers, set = [] }: OverrideOptions): Promise<Tree> {
  const { withScenarioValue } = await import("../../../sim/compare/task-edits.ts");
  const all = peers === undefined ? set : [...set, `peers=${peers}`];
  return all.reduce((tree, text) => {
    const [path, value] = assignment("--set", text);
    return withScenarioValue(tree, path, readYaml("--set", text, value));
  }, scenario);
}

/** A grid from `--grid PATH=VALUE,VALUE` flags; each value is YAML: `{kind: alie, z: 1.5}` and `[8, 8]` are one value. */
export function parseGridFlags(flags: readonly string[]): Grid {
  const grid: Record<string, readonly unknown[]> = {};
  for (const text of flags) {
    const [path, values] = assignment("--grid", text);
    const list = readYaml("--grid", text, `[${values}]`) as unknown[];
    if (list.length === 0) throw new HearsayError("ERR_CONFIG", `--grid ${text}: name one value or more`);
    grid[path] = list;
  }
  return grid;
}

/** Seeds from `1..5`, `3`, or `1..3,8`. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const [, first, last = first] = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from <= to && to < 2 ** 32 && to - from < 100_000))
      throw new HearsayError("ERR_CONFIG", `--seeds ${text}: give 1..5, or 1,2,7, from 0 to ${2 ** 32 - 1}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(seeds)];
}

function assignment(flag: string, text: string): [path: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)];
  throw new HearsayError("ERR_CONFIG", `${flag} ${text}: give PATH=VALUE, such as attack.share=0.2`);
}

function readYaml(flag: string, text: string, value: string): unknown {
  try {
    return parse(value);
  } catch (cause) {
    throw new HearsayError(
      "ERR_CONFIG",
      `${flag} ${text}: not YAML: ${(cause as Error).message.split("\n")[0]}`,
      {},
      cause,
    );
  }
}
