/**
 * A sweep: one scenario, run with every combination of some of its values and under several seeds.
 *
 * A grid is a cartesian product over dotted paths; several grids are united, and what they have in common runs once. The order is
 * that of the document, seeds innermost, so that every machine of a cluster cuts the same list into the same shards.
 */
import * as z from "zod";
import { HearsayError } from "../../protocol/base/errors.ts";
import { faultsOf } from "../../protocol/base/faults.ts";
import type { Immutable } from "../../protocol/base/immutable.ts";
import type { Crypto } from "../../protocol/base/seams.ts";
import { parseScenario, type Scenario, scenarioHash } from "../run/scenario.ts";
import { isTree, type Tree } from "./sweep-paths.ts";
import { withScenarioValue } from "./task-edits.ts";

/** More combinations than this are a slip of the pen. */
const MAX_COMBINATIONS = 100_000;
/** Of faults, and of the labels under one. */
const MAX_LISTED = 20;
const MAX_LABELS = 4;
const MAX_SEED = 2 ** 32 - 1;

/** Path -> values; null as a value leaves the entry out. */
export type Grid = Readonly<Record<string, readonly unknown[]>>;

const seed = z.int().min(0).max(MAX_SEED);

const sweepSchema = z.strictObject({
  scenario: z.record(z.string(), z.unknown()),
  grids: z.array(z.record(z.string(), z.array(z.unknown()).min(1))).default([]),
  /** Left out: the seed of the scenario. */
  seeds: z.array(seed).min(1).optional(),
});

export type Sweep = Immutable<z.output<typeof sweepSchema>>;

/** A scenario as people would write it, with the values that the grid gave it. */
export interface Combination {
  readonly source: Tree;
  /** `attack.kind=alie attack.share=0.1`; empty where nothing varies. */
  readonly label: string;
}

export interface SweepRun {
  readonly scenario: Scenario;
  readonly hash: string;
  readonly label: string;
}

/**
 * A sweep from its document, or from a scenario alone.
 * @throws HearsayError ERR_CONFIG with every fault of the document.
 */
export function parseSweep(source: unknown): Sweep {
  const document = isTree(source) && Object.hasOwn(source, "scenario") ? source : { scenario: source };
  const parsed = sweepSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error, document, sweepSchema);
  const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n");
  throw new HearsayError("ERR_CONFIG", `the sweep has ${faults.length} fault(s):\n${list}`, { faults });
}

/**
 * Every combination of every grid. `more` is a grid of the command line: it multiplies each grid of the document, and its values
 * replace those that a grid has for the same path.
 * @throws HearsayError ERR_CONFIG for a path that leads nowhere, or too many combinations.
 */
export function combinations({ scenario, grids }: Pick<Sweep, "scenario" | "grids">, more: Grid = {}): Combination[] {
  const all = (grids.length === 0 ? [{}] : grids).map((grid): Grid => ({ ...grid, ...more }));
  const count = all.reduce(
    (sum, grid) => sum + Object.values(grid).reduce((product, values) => product * values.length, 1),
    0,
  );
  if (all.some((grid) => Object.keys(grid).some((path) => path.split(".")[0] === "plugins")))
    throw new HearsayError("ERR_CONFIG", "plugins cannot vary in a sweep: name all of them, and vary what they add");
  if (count > MAX_COMBINATIONS)
    throw new HearsayError("ERR_CONFIG", `the grids have ${count} combinations, more than ${MAX_COMBINATIONS}`);
  return all.flatMap((grid) => {
    let found: Combination[] = [{ source: scenario, label: "" }];
    for (const [path, values] of Object.entries(grid)) {
      found = found.flatMap(({ source, label }) =>
        values.map((value) => ({
          source: withScenarioValue(source, path, value),
          label: `${label}${label === "" ? "" : " "}${path}=${textOf(value)}`,
        })),
      );
    }
    return found;
  });
}

/**
 * The runs of the combinations under every seed; runs that are equal by hash and seed once.
 * @throws HearsayError ERR_CONFIG with the faults of all combinations, each under its label.
 */
export function runsOf(
  found: readonly Combination[],
  seeds: readonly number[] | undefined,
  crypto: Pick<Crypto, "sha256">,
): SweepRun[] {
  const runs = new Map<string, SweepRun>();
  const faults: Failed[] = [];
  for (const { source, label } of found) {
    try {
      const parsed = parseScenario(source);
      const hash = scenarioHash(parsed, crypto);
      for (const seed of seeds ?? [parsed.seed]) {
        const run = { scenario: { ...parsed, seed }, hash, label: `${label}${label === "" ? "" : " "}seed=${seed}` };
        if (!runs.has(`${hash}/${seed}`)) runs.set(`${hash}/${seed}`, run);
      }
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      faults.push({ label, message: error.message });
    }
  }
  if (faults.length === 0) return [...runs.values()];
  throw new HearsayError("ERR_CONFIG", listFailed(faults), { faults });
}

/** What failed, and under which label. */
export interface Failed {
  readonly label: string;
  readonly message: string;
}

/** Each message once, with the labels that have it: a slip in a grid spoils many runs in one way. */
export function listFailed(failed: readonly Failed[]): string {
  const labels = new Map<string, string[]>();
  for (const { label, message } of failed) labels.set(message, [...(labels.get(message) ?? []), label]);
  const parts = [...labels].slice(0, MAX_LISTED).map(([message, under]) => {
    const more = under.length > MAX_LABELS ? `, and ${under.length - MAX_LABELS} more` : "";
    const named = under.filter((label) => label !== "").slice(0, MAX_LABELS);
    return named.length === 0 ? message : `with ${named.join(", with ")}${more}: ${message}`;
  });
  if (labels.size > MAX_LISTED) parts.push(`and ${labels.size - MAX_LISTED} more faults`);
  return parts.join("\n");
}

/**
 * Part i of n of a list, from 1: every n-th, so that each part has its share of the long ones.
 * @throws HearsayError ERR_CONFIG where `text` is not of the form i/n with 1 <= i <= n.
 */
export function shardOf<T>(list: readonly T[], text: string): T[] {
  const [, i = 0, n = 0] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (i < 1 || i > n)
    throw new HearsayError(
      "ERR_CONFIG",
      `--shard ${text}: give i/n with i from 1 to n, e.g. 2/8 for the second of eight`,
    );
  return list.filter((_, index) => index % n === i - 1);
}

/** How long a run takes against others, as far as one can guess: trainings and merges, and messages where they are relayed to all. */
export function guessedCost({ peers, cycles, network }: Scenario): number {
  return peers * cycles * (network.announcements === "flood" ? Math.max(1, peers / 100) : 1);
}

/** A value in a label or a table: text as it is, everything else as JSON, long lists by their length. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value) ?? "";
  return Array.isArray(value) && text.length > 60 ? `[${value.length} entries]` : text.replaceAll('"', "");
}
