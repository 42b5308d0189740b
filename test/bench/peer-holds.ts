/**
 * What a simulated peer holds: bytes that are live after a full collection near the end of 12 cycles, objects and buffers, as the difference between a run
 * of 300 peers and one of 100. What the process has anyhow is in both, and so it is in neither figure.
 *
 *     node --expose-gc test/bench/peer-holds.ts
 *
 * A run of 100 comes first: what Node loads and compiles then is there in all that follow. Takes half a minute.
 */
import { createDataLoader } from "../../node/commands/sim/data.ts";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import { parseScenario } from "../../sim/run/scenario.ts";
import { simRuns } from "./sim-scenarios.ts";

const CYCLES = 12;
/** Of a run: nothing is evaluated any more, and all peers are still there. */
const MEASURED_AT = 0.97;
const [FEW, MANY] = [100, 300];

const { gc } = globalThis;
if (gc === undefined) throw new Error("run it with --expose-gc: a full collection comes before each measurement");

await liveBytes(FEW);
const [few, many] = [await liveBytes(FEW), await liveBytes(MANY)];
const [objects, buffers] = [many.objects - few.objects, many.buffers - few.buffers].map(
  (bytes) => bytes / (MANY - FEW) / 1000,
) as [number, number];
process.stdout.write(
  `a peer holds ${(objects + buffers).toFixed(1)} kB: ${objects.toFixed(1)} of objects, ${buffers.toFixed(1)} of buffers\n`,
);

async function liveBytes(peers: number): Promise<{ readonly objects: number; readonly buffers: number }> {
  const scenario = parseScenario({ ...simRuns(false)["peers-100"].scenario, peers, cycles: CYCLES, seed: 1 });
  let live: { objects: number; buffers: number } | undefined;
  await runExperiment(scenario, {
    crypto: nodeCrypto,
    identityFromSeed,
    loadData: createDataLoader()("."),
    onProgress(share) {
      if (share < MEASURED_AT || live !== undefined) return;
      gc?.();
      gc?.(); // what the first has freed may hold more
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      live = { objects: heapUsed, buffers: arrayBuffers };
    },
  });
  if (live === undefined) throw new Error("the run ended before it was measured");
  return live;
}
