/**
 * Attacks that publish one crafted model to all: their formulas on small vectors, and what their sources promise of
 * them.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blobTask } from "../../support/blobs.ts";
import { assertNear, createStage, momentsOf, type Stage } from "./stage.ts";

/** Mean 2, 0, 1; spread sqrt(2/3), sqrt(8/3), 0 in the first three coordinates; zero in all others. */
function trained(stage: Stage): Stage {
  stage.train(0, stage.model(1, -2, 1));
  stage.train(1, stage.model(2, 0, 1));
  stage.train(2, stage.model(3, 2, 1));
  return stage;
}

const SPREAD = [Math.sqrt(2 / 3), Math.sqrt(8 / 3), 0];

/** 3,003 parameters, of which statistics can be taken. */
const wide = () => blobTask({ input: { shape: [1000] } });

describe("published lies", () => {
  it("sign-flip is -3 x the liar's own honest training, which goes on from its last honest model", async () => {
    const stage = trained(createStage("sign-flip"));
    assertNear(await stage.publish(0, { trained: stage.model(1, -1) }), stage.model(-3, 3));
    const scaled = createStage("sign-flip", { scale: 0.5 });
    assertNear(await scaled.publish(0, { trained: stage.model(1, -1) }), stage.model(-0.5, 0.5));
  });

  it("sign-flip of the mean is -3 x the mean of the honest models", async () => {
    const stage = trained(createStage("sign-flip", { of: "mean" }));
    assertNear(await stage.publish(0), stage.model(-6, 0, -3));
  });

  it("alie is mean - z spread; with z 0.5 it stays within the honest models in every coordinate", async () => {
    for (const z of [0.5, 1, 1.5, 3]) {
      const stage = trained(createStage("alie", { z }));
      const lie = await stage.publish(0);
      assertNear(lie, stage.model(2 - z * (SPREAD[0] as number), -z * (SPREAD[1] as number), 1));
      if (z === 0.5) assert.ok((lie[0] as number) >= 1 && (lie[1] as number) >= -2);
    }
  });

  it("ipm is (1 - tau) mean, against the mean for tau above 1", async () => {
    const stage = trained(createStage("ipm"));
    const lie = await stage.publish(0);
    assertNear(lie, stage.model(-4, 0, -2));
    assert.ok((lie[0] as number) * 2 + (lie[2] as number) < 0);
    assertNear(await trained(createStage("ipm", { tau: 0.5 })).publish(0), stage.model(1, 0, 0.5));
  });

  it("foe is -0.1 mean", async () => {
    const stage = trained(createStage("foe"));
    assertNear(await stage.publish(0), stage.model(-0.2, 0, -0.1));
  });

  it("mimic copies the same honest peer for all liars, to the bit, and follows it", async () => {
    const stage = trained(createStage("mimic", {}, { liars: 3 }));
    const lies = await Promise.all([0, 1, 2].map((liar) => stage.publish(liar)));
    const victim = [0, 1, 2].find(
      (i) => lies[0] === stage.coalition.honestModel(stage.honest[i]?.peerId ?? "")?.params,
    );
    assert.ok(victim !== undefined);
    for (const lie of lies) assert.deepEqual(lie, lies[0]);
    stage.train(victim, stage.model(9));
    assertNear(await stage.publish(1), stage.model(9));
    stage.train((victim + 1) % 3, stage.model(7));
    assertNear(await stage.publish(2), stage.model(9));
  });

  it("gaussian has the mean of the honest and deviation sigma, absolute or in units of the honest spread", async () => {
    for (const [sigma, relative, expected] of [
      [0.25, false, 0.25],
      [2.5, true, 10], // spread 4
    ] as const) {
      const stage = createStage("gaussian", { sigma, relative }, { honest: 2, task: wide() });
      stage.train(0, stage.model().fill(3));
      stage.train(1, stage.model().fill(11));
      const { mean, deviation } = momentsOf(await stage.publish(0));
      assert.ok(Math.abs(mean - 7) < (4 * expected) / Math.sqrt(stage.d), `mean ${mean}`);
      assert.ok(Math.abs(deviation / expected - 1) < 0.06, `deviation ${deviation}, not ${expected}`);
    }
  });

  it("a free rider publishes what it was about to train from, or another's model, with a hundredth of the spread", async () => {
    const setting = { honest: 2, task: wide() };
    const stage = createStage("free-rider", {}, setting);
    stage.train(0, stage.model().fill(3));
    stage.train(1, stage.model().fill(11));
    const aggregate = stage.model().fill(0.5);
    const { mean, deviation } = momentsOf(await stage.publish(0, { params: aggregate }));
    assert.ok(Math.abs(mean - 0.5) < 0.01 && Math.abs(deviation / 0.04 - 1) < 0.06, `${mean} +- ${deviation}`);

    const copier = createStage("free-rider", { of: "another", noise: 0 }, setting);
    copier.train(0, copier.model().fill(3));
    copier.train(1, copier.model().fill(11));
    const seen = new Set<number | undefined>();
    for (let i = 0; i < 20; i++) seen.add((await copier.publish(0))[5]);
    assert.deepEqual(
      [...seen].sort((a, b) => Number(a) - Number(b)),
      [3, 11],
    );
  });

  it("replay publishes a fresh model, its own of `lag` trainings ago and another's of `lag` trainings ago, in turn", async () => {
    const stage = createStage("replay", { lag: 3 }, { honest: 1 });
    const published: (number | undefined)[] = [];
    for (let cycle = 1; cycle <= 12; cycle++) {
      stage.train(0, stage.model(100 + cycle));
      published.push((await stage.publish(0, { trained: stage.model(cycle) }))[0]);
    }
    // honest until there are three models to choose from
    assert.deepEqual(published, [1, 2, 101, 4, 1, 104, 7, 2, 107, 10, 4, 110]);
    const thief = createStage("replay", { of: "others", lag: 2 }, { honest: 1 });
    const stolen: (number | undefined)[] = [];
    for (let cycle = 1; cycle <= 4; cycle++) {
      thief.train(0, thief.model(100 + cycle));
      stolen.push((await thief.publish(0, { trained: thief.model(cycle) }))[0]);
    }
    assert.deepEqual(stolen, [1, 101, 102, 103]);
  });

  it("liars that know no honest model yet are honest", async () => {
    for (const name of ["gaussian", "alie", "ipm", "foe", "mimic", "free-rider", "dissensus", "inside-the-ball"]) {
      const stage = createStage(name);
      assertNear(await stage.publish(0, { trained: stage.model(4, 5, 6) }), stage.model(4, 5, 6));
    }
  });
});

describe("noise per liar", () => {
  for (const name of ["sign-flip", "alie", "ipm", "foe", "mimic", "gaussian"]) {
    it(`${name}: has the asked-for share of the honest spread, another draw for each liar and each time`, async () => {
      const options = name === "gaussian" ? { sigma: 1e-6 } : {};
      const lies = async (noise: number) => {
        const stage = createStage(name, { ...options, noise }, { honest: 2, liars: 2, task: wide() });
        stage.train(0, stage.model().fill(1));
        stage.train(1, stage.model().fill(3)); // spread 1
        const trained = stage.model().fill(2);
        return [
          await stage.publish(0, { trained }),
          await stage.publish(1, { trained }),
          await stage.publish(1, { trained }),
        ];
      };
      const plain = await lies(0);
      const noisy = await lies(0.4);
      assertNear(plain[0] as Float32Array, plain[1] as Float32Array, 1e-4);
      for (const [i, lie] of noisy.entries()) {
        const noise = lie.map((value, c) => value - (plain[i]?.[c] as number));
        const { mean, deviation } = momentsOf(noise);
        assert.ok(Math.abs(mean) < 0.04, `mean ${mean}`);
        assert.ok(Math.abs(deviation / 0.4 - 1) < 0.06, `deviation ${deviation}`);
      }
      const between = momentsOf(lie(noisy, 0).map((value, c) => value - (lie(noisy, 1)[c] as number))).deviation;
      const again = momentsOf(lie(noisy, 1).map((value, c) => value - (lie(noisy, 2)[c] as number))).deviation;
      for (const independent of [between, again]) {
        assert.ok(Math.abs(independent / (0.4 * Math.SQRT2) - 1) < 0.06, `${independent} apart`);
      }
    });
  }
});

describe("the limit of length", () => {
  it("keeps every lie shorter than what a peer accepts, in its direction, and leaves -3 x honest alone", async () => {
    const stage = createStage("ipm", { tau: 1001 });
    stage.train(0, stage.model(3, 4));
    assertNear(await stage.publish(0), stage.model((-54 * 3) / 5, (-54 * 4) / 5), 1e-4); // 9 (5 + 1)
    const flip = createStage("sign-flip", { of: "mean" });
    flip.train(0, flip.model(3000, 4000));
    assertNear(await flip.publish(0), flip.model(-9000, -12000));
  });
});

function lie(lies: readonly Float32Array[], i: number): Float32Array {
  return lies[i] as Float32Array;
}
