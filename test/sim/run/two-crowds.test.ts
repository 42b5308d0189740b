/** Two parts of a network that share no class, with what `hearsay init` writes: nobody lies, and each part looks to the other as if it knew nothing. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { parse } from "yaml";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { loadNamedSet } from "../../../node/data/sets.ts";
import { runExperiment } from "../../../sim/run/experiment.ts";
import { parseScenario } from "../../../sim/run/scenario.ts";

/** That of `hearsay init`, letter by letter (test/sim/paper/init.test.ts). */
const task = parse(readFileSync(join(import.meta.dirname, "../../../sim/scenarios/tasks/digits.yaml"), "utf8"));

/** One half of the peers has the digits 0 to 4, the other 5 to 9. */
async function halves() {
  const { train, ...rest } = await loadNamedSet("digits");
  return { ...rest, train: { ...train, owners: Array.from(train.targets, (digit) => (digit < 5 ? "low" : "high")) } };
}

for (const topology of [{ kind: "complete" }, { kind: "random", degree: 8 }])
  it(`become one network, on the ${topology.kind} graph`, async () => {
    for (const seed of [1, 5]) {
      const scenario = parseScenario({
        ...{ name: "two-crowds", data: { set: "digits" }, partition: "owner", task, seed, peers: 20, cycles: 15 },
        ...{ network: { topology }, devices: { speeds: "stratified" }, metrics: { points: 1, rows: 300 } },
      });
      const { summary } = await runExperiment(scenario, {
        ...{ crypto: nodeCrypto, identityFromSeed, loadData: halves },
      });
      const { worst } = summary.final.accuracy;
      assert.ok(worst > 0.75, `seed ${seed}: ${worst}, where half of the classes is 0.5`);
    }
  });
