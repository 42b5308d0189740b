/** Two parts of a network that share no class, with what `hearsay init` writes: nobody lies, and each part looks to the other as if it knew nothing. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { loadNamedSet } from "../../../node/data/sets.ts";
import { runDigits } from "../../support/experiments.ts";

/** One half of the peers has the digits 0 to 4, the other 5 to 9. */
async function halves() {
  const { train, ...rest } = await loadNamedSet("digits");
  return { ...rest, train: { ...train, owners: Array.from(train.targets, (digit) => (digit < 5 ? "low" : "high")) } };
}

for (const topology of [{ kind: "complete" }, { kind: "random", degree: 8 }])
  it(`become one network, on the ${topology.kind} graph`, async () => {
    for (const seed of [1, 5]) {
      const { summary } = await runDigits(
        { partition: "owner", seed, peers: 20, cycles: 15, network: { topology }, devices: { speeds: "stratified" } },
        { loadData: halves },
      );
      const { worst } = summary.final.accuracy;
      assert.ok(worst > 0.75, `seed ${seed}: ${worst}, where half of the classes is 0.5`);
    }
  });
