/** What fields of scenarios and their values are called in figures: `median`, `alie, 20 % liars`, `Dirichlet 0.1`. Tables for programs keep the paths. */
import { textOf } from "./sweep.ts";
import { missingAt } from "./sweep-paths.ts";

type Naming = (text: string, value: unknown) => string;

/** Fields whose value says it all, and those that people call by another word. Others have the last part of their path: `degree 8`. */
const NAMES: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ["algorithm.kind", (text) => text],
  ["attack.kind", (text) => text],
  ["attack.share", (_, value) => `${Math.round(1000 * Number(value)) / 10} % liars`],
  ["churn.kind", (text) => `churn ${text}`],
  ["cycles", (text) => `${text} cycles`],
  ["data.set", (text) => text],
  ["devices.stragglers.share", (_, value) => `${Math.round(1000 * Number(value)) / 10} % slow devices`],
  ["devices.stragglers.slowdown", (text) => `${text} times slower`],
  ["network.loss.messages", (_, value) => `${Math.round(1000 * Number(value)) / 10} % lost`],
  ["network.topology.kind", (text) => `${text} graph`],
  ["partition", partitionName],
  ["peers", (text) => `${text} peers`],
  ["task.aggregation.inboxSize", (text) => `k ${text}`],
  ["task.aggregation.rule", (text) => text],
  ["task.codec", (text) => text],
  ["task.model.kind", (text) => text],
  ["task.training.steps", (text) => `H ${text}`],
]);

/** `Dirichlet 0.5`, `two labels`. */
export function partitionName(partition: string): string {
  if (partition === "shards:2") return "two labels";
  const [kind = "", argument] = partition.split(":");
  if (argument === undefined) return kind;
  if (kind === "dirichlet") return `Dirichlet ${argument}`;
  if (kind === "owner-dirichlet") return `owner-Dirichlet ${argument}`;
  if (kind === "label-dirichlet") return `label-Dirichlet ${argument}`;
  return `${kind} ${argument}`;
}

/** Path -> value of what marks a scenario out among others; undefined for what `scenario` has not. Empty where nothing does. */
export function titleOf(differs: ReadonlyMap<string, unknown>, scenario: object): string {
  const parts = [...differs].map(([path, value]) => {
    if (value === undefined) return `no ${wordsOf(missingAt(scenario, path).split(".").at(-1) ?? path)}`;
    const text = textOf(value);
    return NAMES.get(path)?.(text, value) ?? `${wordsOf(path.split(".").at(-1) ?? path)} ${text}`;
  });
  return [...new Set(parts)].join(", ");
}

/** `speedSigma` -> `speed sigma`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
