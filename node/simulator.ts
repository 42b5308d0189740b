/**
 * The simulator as a library, and what plugins are made of: `import { simulate, definePlugin } from "hearsay/sim"`. The names that this file exports are
 * public, with what their types name: they change with the version of the package only.
 */
import { dirname } from "node:path";
import type { Task } from "../protocol/base/task.ts";
import { installPlugin } from "../sim/plugins/install.ts";
import type { Plugin } from "../sim/plugins/plugin.ts";
import { type KeptModel, runExperiment } from "../sim/run/experiment.ts";
import type { Report } from "../sim/run/report.ts";
import { parseScenario } from "../sim/run/scenario.ts";
import { createDataLoader } from "./commands/sim/data.ts";
import { installPlugins, pluginRefs } from "./commands/sim/plugins.ts";
import { readDocument } from "./commands/sim/scenario.ts";
import { inlineFiles } from "./commands/sim/traces.ts";
import { trainersFor } from "./commands/sim/trainers.ts";
import { identityFromSeed, nodeCrypto } from "./crypto.ts";
import { nodeSecrecy } from "./secrecy.ts";

export type { Given, Parameters, Rule, SettledRule, Settlement } from "../protocol/aggregate/rows/rule.ts";
export { settled } from "../protocol/aggregate/rows/settle.ts";
export { HearsayError, isHearsayError } from "../protocol/base/errors.ts";
export type { Metrics, RuleCandidate, RuleInput, RuleOutput, Trainer } from "../protocol/base/learning-seams.ts";
export type { Rng } from "../protocol/base/rng.ts";
export type { Task } from "../protocol/base/task.ts";
export type { BodyCodec, BodyLayout, Codec } from "../protocol/codec/codec.ts";
export { type Dataset, selectRows } from "../protocol/learn/data/dataset.ts";
export { rowsByLabel, rowsByOwner } from "../protocol/learn/data/groups.ts";
export { cut } from "../protocol/learn/data/partitions/cut.ts";
export type { Deal, Partition } from "../protocol/learn/data/partitions/partition.ts";
export type { ClassificationMetric, Metric, RegressionMetric } from "../protocol/learn/metrics/metric.ts";
export {
  type Algorithm,
  defineAlgorithm,
  type Environment,
  type Learner,
  type Participant,
} from "../sim/algorithms/algorithm.ts";
export { average, weightedSum } from "../sim/algorithms/average.ts";
export { decodeModel, encodeModel, KEPT, MODEL_TOPIC, type ModelMessage } from "../sim/algorithms/message.ts";
export { createSites, type Site } from "../sim/algorithms/site.ts";
export type { Attack, Coalition, Disguise, HonestModel, Liar } from "../sim/attacks/attack.ts";
export { crafting } from "../sim/attacks/crafted.ts";
export { defineAttack } from "../sim/attacks/define.ts";
export { noiseOption } from "../sim/attacks/noise.ts";
export { type Crowd, defineTopology, type Link, link, type Topology } from "../sim/network/topologies/topology.ts";
export { definePlugin, type Plugin } from "../sim/plugins/plugin.ts";
export type { KeptModel } from "../sim/run/experiment.ts";
export type { CurvePoint, PeerRow, Point, Report, Summary } from "../sim/run/report.ts";
export { parseScenario, type Scenario } from "../sim/run/scenario.ts";

/** How a simulation is run. */
export interface SimulateOptions {
  /** Where files that the scenario names lie; of a scenario file its folder, else the working directory, where left out. */
  readonly folder?: string;
  /** In place of the scenario's. */
  readonly seed?: number;
  /** Beside those that the scenario names as files. The report does not name these: they have no file. */
  readonly plugins?: readonly Plugin[];
  /** Gets the models of the honest peers that are evaluated at the end, and the task that they are of. */
  readonly keepModels?: (models: readonly KeptModel[], task: Task) => Promise<void>;
  /** Share of the virtual time that has passed, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs one scenario in this thread: a document as people write it, or the path of its YAML file. The same scenario and seed give the same report.
 * @throws HearsayError ERR_CONFIG | ERR_TASK | ERR_DATA | ERR_ENGINE with every fault at once; the reason of `signal` where that ended it.
 */
export async function simulate(
  scenario: string | Readonly<Record<string, unknown>>,
  options: SimulateOptions = {},
): Promise<Report> {
  const { folder = typeof scenario === "string" ? dirname(scenario) : ".", seed, plugins = [], ...rest } = options;
  const document = typeof scenario === "string" ? await readDocument(scenario) : scenario;
  const removals = plugins.map((plugin, i) => installPlugin(plugin, `plugins[${i}]`));
  try {
    const named = await installPlugins(pluginRefs(document), folder);
    removals.push(named.remove);
    const source = { ...document, ...(named.refs.length > 0 && { plugins: named.refs }) };
    const parsed = parseScenario(await inlineFiles(source, folder));
    const modules = {
      crypto: nodeCrypto,
      secrecy: nodeSecrecy,
      identityFromSeed,
      trainersFor,
      loadData: createDataLoader()(folder),
      ...rest,
    };
    return await runExperiment(seed === undefined ? parsed : { ...parsed, seed }, modules);
  } finally {
    for (const remove of removals) remove();
  }
}
