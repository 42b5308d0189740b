/** Puts what a plugin has into the registries that hold what Hearsay has, and takes it out again. */
import { RULES } from "../../protocol/aggregate/registry.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { type Fault, faultLines, faultsOf } from "../../protocol/base/faults.ts";
import type { Registry } from "../../protocol/base/registry.ts";
import { CODECS } from "../../protocol/codec/registry.ts";
import { PARTITIONS } from "../../protocol/learn/data/partitions/registry.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { TOPOLOGIES } from "../network/topologies/registry.ts";
import { checked } from "./checked.ts";
import type { Plugin } from "./plugin.ts";
import { pluginSchema } from "./shape.ts";

interface Named {
  readonly name: string;
}

/** Kind by kind. One more is a line here, one in `plugin.ts`, one in `shape.ts` and one in `checked.ts`. */
const REGISTRIES: Readonly<Record<keyof Plugin, Registry<Named>>> = {
  attacks: ATTACKS,
  rules: RULES,
  partitions: PARTITIONS,
  metrics: METRICS,
  codecs: CODECS,
  topologies: TOPOLOGIES,
  algorithms: ALGORITHMS,
};

const KINDS = Object.keys(REGISTRIES) as (keyof Plugin)[];

/** What is not Hearsay's own: the file that it came from. */
const origins = new WeakMap<object, string>();

/**
 * Adds all that a plugin has. Gives what takes it out again; where anything is wrong, nothing is added.
 * @param file the plugin's, for messages.
 * @throws HearsayError ERR_CONFIG with every fault: what is missing or of another type, and names that are taken.
 */
export function installPlugin(plugin: unknown, file: string): () => void {
  const parsed = pluginSchema.safeParse(plugin);
  if (!parsed.success) throw pluginError(file, faultsOf(parsed.error, plugin, pluginSchema));
  const found = KINDS.flatMap((kind) =>
    (((plugin as Plugin)[kind] ?? []) as readonly Named[]).map((thing, i) => ({ kind, thing, path: `${kind}.${i}` })),
  );
  const faults = found.flatMap(({ kind, thing, path }, i) => {
    const taken = takenBy(kind, thing) ?? twice(found.slice(0, i), kind, thing);
    return taken === undefined ? [] : [{ path: `${path}.name`, message: `"${thing.name}" ${taken}: choose another` }];
  });
  if (faults.length > 0) throw pluginError(file, faults);
  const removals = found.map(({ kind, thing }) => {
    const known = checked(kind, thing, file);
    origins.set(known, file);
    return REGISTRIES[kind].add(known);
  });
  return () => {
    for (const remove of removals) remove();
  };
}

/** The file of the plugin that it came from; undefined for Hearsay's own. */
export function originOf(thing: object): string | undefined {
  return origins.get(thing);
}

function takenBy(kind: keyof Plugin, { name }: Named): string | undefined {
  const other = REGISTRIES[kind].get(name);
  if (other === undefined) return undefined;
  const from = origins.get(other);
  return from === undefined ? `is the name of one of Hearsay's ${kind}` : `is taken by the plugin ${from}`;
}

function twice(before: readonly { kind: string; thing: Named }[], kind: string, { name }: Named): string | undefined {
  return before.some((one) => one.kind === kind && one.thing.name === name) ? "is there twice" : undefined;
}

function pluginError(file: string, faults: readonly Fault[]): HearsayError {
  const message = `the plugin ${file} has ${faults.length} fault(s):\n${faultLines(faults)}`;
  return new HearsayError("ERR_CONFIG", message, { file, faults });
}
