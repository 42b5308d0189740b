/**
 * The process of one measurement: `node sim-process.ts <name> [quick]`, forked by `sim.ts`, which hears of progress and of the outcome.
 *
 * CPU time is that of all threads (garbage collector and compiler included), from the moment that the data are there to the end of
 * the virtual time: set-up is in it, loading and the evaluation at the end are not (gossipy's figure counts no evaluation either, and
 * no set-up). The steady cost is that of the second half of the run, when inboxes are full and code is compiled.
 */
import { availableParallelism } from "node:os";
import { createDataLoader } from "../../node/commands/sim/data.ts";
import { growInSmallSteps } from "../../node/commands/sim/large-heap.ts";
import { createSimPool } from "../../node/commands/sim/pool.ts";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import type { Report } from "../../sim/run/report.ts";
import { parseScenario } from "../../sim/run/scenario.ts";
import { SIM_RUNS, type SimRunName, simRuns } from "./sim-scenarios.ts";
import { cpuMs, sum } from "./statistics.ts";

/** Sums over the seeds of a run, if not said otherwise. */
export interface SimFigures {
  readonly peers: number;
  /** Local trainings, each with the merge that goes with it. */
  readonly updates: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of all peers (1,000 at most) on the hold-out, mean over seeds. */
  readonly accuracy: number;
  /** Of the slowest peer of all. */
  readonly fewestCycles: number;
  readonly steadyCpuMsPerCycle: number;
  /** The most that this process ever held, up to the end of the run. */
  readonly maxRssBytes: number;
}

export type SimMessage =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "figures"; readonly figures: SimFigures };

/** One seed, by a thread for each core. Loading, in each thread, is in its time. */
async function measureShared(name: SimRunName, quick: boolean, seed: number): Promise<SimFigures> {
  const scenario = parseScenario({ ...simRuns(quick)[name].scenario, seed });
  const pool = createSimPool(availableParallelism());
  const [startedCpuMs, startedMs] = [cpuMs(), performance.now()];
  const text = await pool.runTogether({ scenario, folder: "." }, (share) => say({ kind: "progress", share }));
  const [cpuSeconds, wallSeconds] = [(cpuMs() - startedCpuMs) / 1000, (performance.now() - startedMs) / 1000];
  await pool.close();
  const { summary, peers } = JSON.parse(text) as Report;
  return {
    peers: scenario.peers,
    updates: summary.updates,
    cpuSeconds,
    wallSeconds,
    accuracy: summary.final.accuracy.mean,
    fewestCycles: Math.min(...peers.map(({ cycles }) => cycles)),
    steadyCpuMsPerCycle: (1000 * cpuSeconds) / summary.updates,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** One seed. */
async function measure(name: SimRunName, quick: boolean, seed: number): Promise<SimFigures> {
  const scenario = parseScenario({ ...simRuns(quick)[name].scenario, seed });
  growInSmallSteps(scenario.peers);
  const load = createDataLoader()(".");
  let startedCpuMs = 0;
  let startedMs = 0;
  let halfCpuMs = 0;
  let endCpuMs = 0;
  let endMs = 0;
  const { summary, peers } = await runExperiment(scenario, {
    crypto: nodeCrypto,
    identityFromSeed,
    async loadData(spec, task) {
      const loaded = await load(spec, task);
      [startedCpuMs, startedMs] = [cpuMs(), performance.now()];
      return loaded;
    },
    onProgress(share) {
      [endCpuMs, endMs] = [cpuMs(), performance.now()];
      if (share <= 0.5) halfCpuMs = endCpuMs;
      say({ kind: "progress", share });
    },
  });
  return {
    peers: scenario.peers,
    updates: summary.updates,
    cpuSeconds: (endCpuMs - startedCpuMs) / 1000,
    wallSeconds: (endMs - startedMs) / 1000,
    accuracy: summary.final.accuracy.mean,
    fewestCycles: Math.min(...peers.map(({ cycles }) => cycles)),
    steadyCpuMsPerCycle: (endCpuMs - halfCpuMs) / (summary.updates / 2),
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function say(message: SimMessage): void {
  process.send?.(message);
}

process.on("disconnect", () => process.exit(1)); // no measurement outlives the benchmark
const [word, mode] = process.argv.slice(2);
const name = SIM_RUNS.find((known) => known === word);
if (name === undefined) throw new Error(`there is no measurement "${word}"`);
const runs: SimFigures[] = [];
const { isShared } = simRuns(mode === "quick")[name];
for (let seed = 1; seed <= simRuns(mode === "quick")[name].seeds; seed++)
  runs.push(await (isShared ? measureShared : measure)(name, mode === "quick", seed));
const total = (figure: keyof SimFigures) => sum(runs.map((run) => run[figure]));
say({
  kind: "figures",
  figures: {
    peers: (runs[0] as SimFigures).peers,
    updates: total("updates"),
    cpuSeconds: total("cpuSeconds"),
    wallSeconds: total("wallSeconds"),
    accuracy: total("accuracy") / runs.length,
    fewestCycles: Math.min(...runs.map(({ fewestCycles }) => fewestCycles)),
    steadyCpuMsPerCycle: total("steadyCpuMsPerCycle") / runs.length,
    maxRssBytes: Math.max(...runs.map(({ maxRssBytes }) => maxRssBytes)),
  },
});
process.removeAllListeners("disconnect");
process.disconnect?.();
