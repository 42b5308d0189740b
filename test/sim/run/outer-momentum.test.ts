/** The momentum that `hearsay init` writes, where networks are least like those for which it was chosen: devices that are all alike, and merges that a budget makes rare. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Changes, runDigits } from "../../support/experiments.ts";

/** Mean accuracy at the end. */
async function accuracyOf(changes: Changes): Promise<number> {
  const { summary } = await runDigits({ partition: "dirichlet:0.5", ...changes });
  return summary.final.accuracy.mean;
}

describe("the momentum of new tasks", () => {
  it("leaves a network in step on its course, where every model is a cycle old when it is merged", async () => {
    const accuracy = await accuracyOf({
      ...{ peers: 12, cycles: 30, devices: { speedSigma: 0 }, network: { topology: { kind: "random", degree: 8 } } },
    });
    assert.ok(accuracy > 0.9, `${accuracy}`);
  });

  it("is none where a budget leaves a merge after many trainings only", async () => {
    const accuracy = await accuracyOf({
      ...{ peers: 8, cycles: 1440, devices: { cycleSeconds: 60, speedSigma: 0.2 } },
      network: { topology: { kind: "complete" }, budget: "500kB/day" },
    });
    assert.ok(accuracy > 0.85, `${accuracy}`);
  });
});
