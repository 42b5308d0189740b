/** `hearsay sim list`: what scenarios can name, with what plugins add. */
import { SETS } from "../../data/shipped/registry.ts";
import { onOutput } from "../../terminal/colours.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { installPlugins } from "./plugins.ts";

interface Entry {
  readonly name: string;
  readonly about?: string;
  readonly source?: string;
  /** Option -> default; an option without one is null. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The file of the plugin that adds it. */
  readonly plugin?: string;
}

interface ListOptions {
  readonly json?: boolean;
  readonly plugin?: readonly string[];
}

type Named = Pick<
  import("../../../sim/network/topologies/topology.ts").Topology,
  "name" | "about" | "source" | "options"
>;

export async function run(options: ListOptions): Promise<void> {
  const files = (options.plugin ?? []).map((file) => ({ file }));
  const { refs } = await installPlugins(files, ".");
  const lists = await collect();
  if (options.json) return printJson({ ...lists, ...(refs.length > 0 && { plugins: refs }) });
  const { algorithms, attacks, topologies, rules, partitions, metrics, codecs, sets } = lists;
  const parts = [
    section("Algorithms", "algorithm: NAME, or { kind: NAME, ...options }", algorithms),
    section("Attacks", "attack: { kind: NAME, share: 0.2, ...options }", attacks),
    section("Topologies", "network: { topology: NAME }, or { topology: { kind: NAME, ...options } }", topologies),
    section("Rules", "task: { aggregation: { rule: NAME, parameters: { ... } } }", rules),
    section("Partitions", "partition: NAME, or NAME:NUMBER", partitions),
    section("Metrics", "metrics: { also: [NAME] }", metrics),
    section("Codecs", "task: { codec: NAME }", codecs),
    section(
      "Data",
      "data: { set: NAME }, or a file that hearsay up --data reads, with the whole task under task:",
      sets,
    ),
  ];
  if (refs.length > 0)
    parts.push(
      section(
        "Plugins",
        "SHA-256",
        refs.map(({ file, sha256 }) => ({ name: file, about: sha256 })),
      ),
    );
  print(`${parts.join("\n\n")}\n`);
}

async function collect(): Promise<Record<ListName, readonly Entry[]>> {
  const { ALGORITHMS } = await import("../../../sim/algorithms/registry.ts");
  const { ATTACKS } = await import("../../../sim/attacks/registry.ts");
  const { TOPOLOGIES } = await import("../../../sim/network/topologies/registry.ts");
  const { RULES } = await import("../../../protocol/aggregate/registry.ts");
  const { PARTITIONS } = await import("../../../protocol/learn/data/partitions/registry.ts");
  const { METRICS } = await import("../../../protocol/learn/metrics/registry.ts");
  const { CODECS } = await import("../../../protocol/codec/registry.ts");
  const { originOf } = await import("../../../sim/plugins/install.ts");
  const entries = <Thing extends object>(things: Iterable<Thing>, describe: (thing: Thing) => Entry): Entry[] =>
    Array.from(things, (thing) => {
      const plugin = originOf(thing);
      return { ...describe(thing), ...(plugin !== undefined && { plugin }) };
    });
  return {
    algorithms: entries(ALGORITHMS.values(), entryOf),
    attacks: entries(ATTACKS.values(), entryOf),
    topologies: entries(TOPOLOGIES.values(), entryOf),
    rules: entries(RULES.values(), ({ name, about, parameters }) => ({
      name,
      ...(about !== undefined && { about }),
      options: defaultsOf(parameters),
    })),
    partitions: entries(PARTITIONS.values(), ({ name, about, number }) => ({
      name: number === undefined ? name : `${name}:${number.name}`,
      about,
    })),
    metrics: entries(METRICS.values(), ({ name, label, kind }) => ({ name, about: `${label}, of a ${kind}` })),
    codecs: entries(CODECS.values(), ({ name }) => ({ name })),
    sets: entries(SETS.values(), ({ name, about }) => ({ name, about })),
  };
}

type ListName = "algorithms" | "attacks" | "topologies" | "rules" | "partitions" | "metrics" | "codecs" | "sets";

function entryOf({ name, about, source, options }: Named): Entry {
  const parsed = options.safeParse({});
  return {
    name,
    about,
    ...(source !== undefined && { source }),
    options: parsed.success ? (parsed.data as Entry["options"] & object) : {},
  };
}

function defaultsOf(parameters: Readonly<Record<string, { readonly default: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter.default]));
}

function describe({ name, about, source, options = {}, plugin }: Entry): string {
  const defaults = Object.entries(options).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  const from = plugin === undefined ? "" : onOutput.dim(`  (${plugin})`);
  const lines = [`  ${onOutput.bold(name)}${about === undefined ? "" : `  ${about}`}${from}`];
  if (source !== undefined) lines.push(onOutput.dim(`      ${source}`));
  if (defaults.length > 0) lines.push(`      ${onOutput.cyan(defaults.join(", "))}`);
  return lines.join("\n");
}

function section(title: string, usage: string, entries: readonly Entry[]): string {
  return [`${onOutput.bold(onOutput.underline(title))}  ${onOutput.dim(usage)}`, ...entries.map(describe)].join("\n");
}
