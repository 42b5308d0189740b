import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Algorithm } from "../../../sim/algorithms/algorithm.ts";
import { centralised } from "../../../sim/algorithms/centralised.ts";
import { dPsgd } from "../../../sim/algorithms/d-psgd.ts";
import { epidemic } from "../../../sim/algorithms/epidemic.ts";
import { fedavg } from "../../../sim/algorithms/fedavg.ts";
import { gossip } from "../../../sim/algorithms/gossip.ts";
import { local } from "../../../sim/algorithms/local.ts";
import { meanAccuracy, type Run, start } from "./environment.ts";

const BASELINES: readonly (readonly [Algorithm, Record<string, unknown>?])[] = [
  [local],
  [centralised],
  [fedavg, { clientsPerRound: 0.5 }],
  [dPsgd],
  [epidemic, { fanout: 2 }],
  [gossip],
  [gossip, { train: "periodic" }],
];

const LONG = { seed: 3, seconds: 30 };

/** A world with everything in it: speeds, loss, liars, and a device that comes and goes. */
async function eventful(algorithm: Algorithm, given: Record<string, unknown>, seed: number): Promise<Run> {
  const rng = createRng(seed);
  const run = await start(algorithm, given, {
    seed,
    peers: 8,
    seconds: 15,
    trainMs: (index) => 700 + 100 * index,
    loses: () => rng.uniform() < 0.1,
    honest: (index) => index < 6,
  });
  await run.until(4000);
  run.off(3);
  await run.until(9000);
  await run.on(3);
  await run.until();
  return run;
}

for (const [algorithm, given = {}] of BASELINES) {
  describe(`${algorithm.name} ${JSON.stringify(given)}`, () => {
    it("does the same for the same seed, to the bit, and something else for another", async () => {
      const figures = ({ learners, merges, fits }: Run) => ({
        models: learners.map((learner) => [...learner.model()]),
        counts: learners.map((learner) => [learner.cycles(), learner.bytesOut()]),
        merges,
        fits: fits.map(({ index, atMs }) => [index, atMs]),
      });
      const [first, again, other] = [1, 1, 2].map((seed) => eventful(algorithm, given, seed));
      assert.deepEqual(figures(await (first as Promise<Run>)), figures(await (again as Promise<Run>)));
      assert.notDeepEqual(figures(await (first as Promise<Run>)).models, figures(await (other as Promise<Run>)).models);
    });

    it("has a learner for each participant in order, moves them all, and reports of the honest", async () => {
      const run = await eventful(algorithm, given, 3);
      assert.deepEqual(
        run.learners.map(({ peer, honest }) => [peer, honest]),
        run.ids.map((id, index) => [id, index < 6]),
      );
      for (const learner of run.learners) assert.notDeepEqual(learner.model(), run.initial);
      const honestPeers = new Set<string>(run.ids.slice(0, 6));
      assert.ok(run.trained.every((peer) => honestPeers.has(peer)));
      assert.ok(run.merges.every(({ peer }) => honestPeers.has(peer) || peer === "server"));
    });

    if (algorithm !== local)
      it("learns more than a peer does alone", async () => {
        const [alone, together] = [await start(local, {}, LONG), await start(algorithm, given, LONG)];
        await alone.until();
        await together.until();
        assert.ok((await meanAccuracy(together)) > (await meanAccuracy(alone)) + 0.01);
      });

    it("has nothing run before the clock, and nothing after the end", async () => {
      const run = await start(algorithm, given, { seconds: 5 });
      assert.equal(run.fits.length, 0);
      await run.until();
      const cycles = run.learners.map((learner) => learner.cycles());
      const merges = run.merges.length;
      await run.until(30_000);
      assert.deepEqual(
        run.learners.map((learner) => learner.cycles()),
        cycles,
      );
      assert.ok(run.merges.length - merges <= run.ids.length, "at most what was on its way is merged");
    });

    it("refuses options that it does not have", () => {
      assert.throws(() => algorithm.options.parse({ ...given, fanuot: 3 }));
    });
  });
}
