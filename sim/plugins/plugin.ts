/** What a plugin is: attacks, rules, partitions, metrics, codecs, topologies and algorithms of a researcher, which scenarios name as they name those of Hearsay. */
import type { Rule } from "../../protocol/aggregate/rows/rule.ts";
import type { Codec } from "../../protocol/codec/codec.ts";
import type { Partition } from "../../protocol/learn/data/partitions/partition.ts";
import type { Metric } from "../../protocol/learn/metrics/metric.ts";
import type { Algorithm } from "../algorithms/algorithm.ts";
import type { Attack } from "../attacks/attack.ts";
import type { Topology } from "../network/topologies/topology.ts";

/**
 * The default export of a plugin file. Everything in it has a name of its own kind that nobody has yet. Simulations promise the same bytes for the
 * same seed: take chance from the `Rng` that is handed over, and time from its `Clock`.
 */
export interface Plugin {
  /** `attack: { kind: NAME }`; `defineAttack` makes one. */
  readonly attacks?: readonly Attack[];
  /** `task: { aggregation: { rule: NAME } }`; `settled` makes one, which may stand behind `nnm+` and the like. */
  readonly rules?: readonly Rule[];
  /** `partition: NAME`, or `NAME:NUMBER`. */
  readonly partitions?: readonly Partition[];
  /** `metrics: { also: [NAME] }`. */
  readonly metrics?: readonly Metric[];
  /** `task: { codec: NAME }`. */
  readonly codecs?: readonly Codec[];
  /** `network: { topology: { kind: NAME } }`; `defineTopology` makes one. */
  readonly topologies?: readonly Topology[];
  /** `algorithm: { kind: NAME }`; `defineAlgorithm` makes one. */
  readonly algorithms?: readonly Algorithm[];
}

/** The plugin itself: an editor then checks it as it is written. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
