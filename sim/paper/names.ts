/** What attacks, splits of the data and rules are called in tables, and the caption that says how cells came about. */

import type * as z from "zod";
import type { PersonalTerms } from "../../protocol/base/task.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { textOf } from "../compare/sweep.ts";
import { TOPOLOGIES } from "../network/topologies/registry.ts";
import { type Choice, optionsOf, type Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, type SweepCells } from "./cells.ts";
import { counted } from "./markdown.ts";

/** Options that are named even at their defaults, since sources give a range of them. */
const ALWAYS_NAMED: readonly string[] = ["z"];

export { partitionName } from "../compare/names.ts";

export const DEFAULT_RULE = "guarded-median";
const DEFAULT_INBOX = 8;

/** `none`, `ipm`, `alie z=1.5, noise 0.5`: options at their defaults are left out. */
export function attackName({ attack }: Pick<Scenario, "attack">): string {
  if (attack === undefined) return "none";
  return choiceName(attack, ATTACKS.get(attack.kind));
}

/** `none`, `sign-flip 10 %`: with the share of liars. */
export function liesName({ attack }: Pick<Scenario, "attack">): string {
  return attack === undefined ? "none" : `${attackName({ attack })} ${100 * attack.share} %`;
}

/** `hearsay, k 8`, `fedavg deadline 30`. */
export function algorithmName({ algorithm, task }: Scenario): string {
  if (algorithm.kind === "hearsay") return `hearsay, k ${aggregationOf({ task }).inboxSize}`;
  return choiceName(algorithm, ALGORITHMS.get(algorithm.kind));
}

/** The name, and the options that are not at their defaults. */
function choiceName(choice: Choice, known: { readonly options: z.ZodType } | undefined): string {
  const parsed = known?.options.safeParse({});
  const usual = (parsed?.success ? parsed.data : {}) as Readonly<Record<string, unknown>>;
  const named = Object.entries(optionsOf(choice)).filter(
    ([option, value]) => ALWAYS_NAMED.includes(option) || JSON.stringify(value) !== JSON.stringify(usual[option]),
  );
  const parts = named.map(([option, value]) => `${option}${option.length === 1 ? "=" : " "}${textOf(value)}`);
  return [choice.kind, parts.join(", ")].filter((part) => part !== "").join(" ");
}

interface Aggregation {
  readonly rule?: string;
  readonly inboxSize?: number;
  readonly parameters?: Readonly<Record<string, number>>;
}

/** `rule` with the parameters that the scenario sets: `guarded-median share 0.3`. */
export function aggregationOf({ task }: Pick<Scenario, "task">): { rule: string; inboxSize: number } {
  const { rule = DEFAULT_RULE, inboxSize = DEFAULT_INBOX, parameters = {} } = (task.aggregation ?? {}) as Aggregation;
  const given = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return { rule: [rule, ...given].join(" "), inboxSize };
}

/** The rule alone: in tables where all tasks have the same parameters. */
export function ruleName({ task }: Pick<Scenario, "task">): string {
  return ((task.aggregation ?? {}) as Aggregation).rule ?? DEFAULT_RULE;
}

/** `complete`, `degree 8`, `1 bridge`: who is linked to whom. */
export function graphName({ network: { topology }, peers }: Pick<Scenario, "network" | "peers">): string {
  const known = TOPOLOGIES.get(topology.kind);
  return known?.label?.(optionsOf(topology), peers) ?? choiceName(topology, known);
}

/** When the first partition of the network begins and ends, in virtual seconds: to the millisecond, as the clock has it. */
export function partitionSeconds({ cycles, devices, network }: Scenario): [from: number, to: number] {
  const { from, to } = network.partitions[0] ?? { from: 0, to: 0 };
  const at = (share: number) => Math.round(1000 * share * cycles * devices.cycleSeconds) / 1000;
  return [at(from), at(to)];
}

/** Of a task with personal models, their method. */
export function personalMethod({ task }: Pick<Scenario, "task">): string | undefined {
  return (task.personal as PersonalTerms | undefined)?.method;
}

/** Whether what is measured is the R2 of a regression in place of an accuracy. */
export function isRegression(cells: readonly Cell[]): boolean {
  return cells.some(
    ({ scenario }) => (scenario.task.output as { readonly kind?: string } | undefined)?.kind === "regression",
  );
}

export function whole(share: number): string {
  return (100 * share).toFixed(0);
}

/**
 * `digits, 5 seeds, device speeds stratified, graph: degree 8, n = 30, d = 2,410, 40 cycles, scored by running means of models; \`hearsay sim sweep
 * ...\``, and what is missing.
 */
export function captionOf(sweep: SweepCells): string {
  return captionWith(sweep, [`scored ${modelKindsText(sweep.cells)}`]);
}

/** The same for tables without a score. */
export function unscoredCaption(sweep: SweepCells): string {
  return captionWith(sweep, []);
}

/** By which models runs are scored: all by two kinds (`metrics.bothModels`), or each by what its algorithm predicts with. */
function modelKindsText(cells: readonly Cell[]): string {
  const scenarios = cells.map(({ scenario }) => scenario);
  if (scenarios.length > 0 && scenarios.every(({ metrics }) => metrics.bothModels))
    return 'by the newest models and by running means (MODELS.md, "Algorithms")';
  const kinds = [...new Set(scenarios.map(({ algorithm }) => algorithm.kind))];
  const others = kinds.filter((kind) => kind !== "hearsay");
  if (others.length === 0) return "by running means of models";
  if (others.length === kinds.length) return "by the newest models";
  return `by the models that each predicts with (hearsay: running means; ${others.join(", ")}: the newest)`;
}

function captionWith({ cells, file, dimension }: SweepCells, more: readonly string[]): string {
  const scenarios = cells.map(({ scenario }) => scenario);
  const facts = [
    list(scenarios.map(({ data }) => data.set.replace(/^.*\//, ""))),
    `${list(cells.map(({ wanted }) => wanted))} seed${cells.every(({ wanted }) => wanted === 1) ? "" : "s"}`,
    list(scenarios.map(speedsName)),
    `graph: ${list(scenarios.filter(hasLinks).map(graphName)) || "none"}`,
    `n = ${list(scenarios.map(({ peers }) => peers))}`,
    `d = ${list(scenarios.map((scenario) => dimension(scenario) ?? "?"))}`,
    `${list(scenarios.map(({ cycles }) => cycles))} cycles`,
    ...more,
  ];
  const missing = cells.reduce((sum, cell) => sum + missingOf(cell), 0);
  const wanted = cells.reduce((sum, cell) => sum + cell.wanted, 0);
  const note = missing === 0 ? "" : `; **${missing} of ${counted(wanted, "run")} not there yet**`;
  return `${facts.join(", ")}; \`hearsay sim sweep ${file}\`${note}`;
}

/** Whether seeds have equal work. */
function speedsName({ devices }: Scenario): string {
  return devices.speeds === "stratified" ? "device speeds stratified" : "device speeds drawn by each seed";
}

/** Whether its peers use the graph: those of some baselines hear of nobody, or of a server only. */
function hasLinks({ algorithm }: Scenario): boolean {
  return !["local", "centralised", "fedavg"].includes(algorithm.kind);
}

/** `10, 30 and 1,000`: each value once, in the order of the cells. */
export function list(values: readonly (string | number)[]): string {
  const texts = [...new Set(values)].map((value) =>
    typeof value === "number" ? String(value).replace(/\B(?=(\d{3})+$)/g, ",") : value,
  );
  const last = texts.pop() ?? "";
  return texts.length === 0 ? last : `${texts.join(", ")} and ${last}`;
}
