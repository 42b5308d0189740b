/** `gaussian-update`: what a training changed is cut, and noise is on it. And dp-sgd believes no trainer that hides nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FitRequest, SecretDraws } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { dpSgd } from "../../../protocol/privacy/dp-sgd.ts";
import { createSimulatedDraws } from "../../../protocol/privacy/draws.ts";
import { gaussianUpdate } from "../../../protocol/privacy/gaussian-update.ts";

const D = 2000;
const CLIP = 0.5;
const terms = { mechanism: "gaussian-update", clipNorm: CLIP, noiseMultiplier: 0.7, delta: 1e-5, maxEpsilon: 8 };
const start = Float32Array.from({ length: D }, (_, i) => Math.fround((i % 7) - 3));
const silent: SecretDraws = { sample: () => new Uint32Array(0), noise: (to) => to.fill(0) };

async function released(change: (x: number, i: number) => number, noise: number, draws: SecretDraws) {
  const trainer = { engine: "test", fit: async ({ params }: FitRequest) => ({ params: params.map(change), loss: 1 }) };
  const how = { trainer, terms, kind: { rate: 2 ** 32, noise }, draws };
  const { params } = await gaussianUpdate.budget.fit(how, { params: start, steps: 1, seed: "" });
  return Float64Array.from(params, (x, i) => x - (start[i] as number));
}

const normOf = (v: Float64Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

describe("gaussian-update", () => {
  it("cuts what a training changed to the clip norm, and leaves what is below it", async () => {
    const long = await released((x) => x + 1, 700, silent);
    assert.ok(normOf(long) <= CLIP * (1 + 1e-4) && normOf(long) > 0.99 * CLIP, String(normOf(long)));
    const short = await released((x, i) => (i === 3 ? x + 0.125 : x), 700, silent);
    assert.equal(short[3], 0.125);
    assert.ok(Math.abs(normOf(short) - 0.125) < 1e-6);
  });

  it("releases nothing of a training whose result is not finite", async () => {
    const lost = await released((x, i) => (i === 0 ? Number.NaN : x + 1), 700, silent);
    assert.ok(lost.every((x) => x === 0));
  });

  for (const sigma of [0.7, 2.3])
    it(`adds noise of ${sigma} clip norms to each number`, async () => {
      const draws = createSimulatedDraws(createRng(`update/${sigma}`));
      const runs = await Promise.all(Array.from({ length: 50 }, () => released((x) => x, 1000 * sigma, draws)));
      const all = runs.flatMap((run) => [...run]);
      const squared = all.reduce((sum, x) => sum + (x / (sigma * CLIP)) ** 2, 0);
      const off = (squared - all.length) / Math.sqrt(2 * all.length); // chi-square of 1e5 draws
      assert.ok(Math.abs(off) < 3, `${off} deviations`);
    });
});

describe("dp-sgd", () => {
  it("takes no result of a trainer that does not say that it hid examples", async () => {
    const trainer = { engine: "mine", fit: async ({ params }: FitRequest) => ({ params, loss: 1 }) };
    const how = { trainer, terms, kind: { rate: 2 ** 32, noise: 700 }, draws: silent };
    await assert.rejects(dpSgd.budget.fit(how, { params: start, steps: 1, seed: "" }), {
      code: "ERR_ENGINE",
      message: /mine does not hide single examples/,
    });
  });
});
