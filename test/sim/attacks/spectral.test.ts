/** The spectral attack: where it pushes, how far, and that it sees the links of the moment. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RuleInput } from "../../../protocol/base/learning-seams.ts";
import { createStage, type Stage } from "./stage.ts";

const LEFT = [0, 1, 2];
const RIGHT = [3, 4, 5];

function join(stage: Stage, a: number, b: number): void {
  stage.network.connect(stage.honest[a]?.peerId ?? "", stage.honest[b]?.peerId ?? "");
}

/** Two triangles with one link, whose peers lie on two sides of the axis; the last to train is peer 5. */
async function twoWorlds(stage: Stage): Promise<Stage> {
  for (const side of [LEFT, RIGHT]) for (const a of side) for (const b of side) if (a < b) join(stage, a, b);
  join(stage, 0, 3);
  await stage.announce(0, { seq: 3 });
  for (const i of LEFT) stage.train(i, stage.model(1, i));
  for (const i of RIGHT) stage.train(i, stage.model(-1, i));
  return stage;
}

async function pulled(stage: Stage, receiver: number): Promise<Float32Array> {
  const heard = await stage.pull(receiver, 0);
  assert.ok(heard, "nothing was told");
  return heard.params;
}

describe("the spectral attack", () => {
  it("moves a peer along the difference of the two sides, away from the other", async () => {
    const stage = await twoWorlds(createStage("spectral", {}, { honest: 6 }));
    const lie = await pulled(stage, 5);
    assert.ok((lie[0] as number) < -1.5, `${lie[0]}`);
    const sideways = Math.abs((lie[1] as number) - 5);
    assert.ok(lie.slice(2).every((value) => value === 0));
    // a_5 = q_5 sum_j q_j x_j: with q about (1, 1, 1, -1, -1, -1) / sqrt 6 that is (-1, 1.5, 0 ...)
    assert.ok(sideways < 2.5 * Math.abs((lie[0] as number) + 1), `${sideways}`);
  });

  it("is the lie at the honest distance where only one merge may be tried, and tries no more than it may", async () => {
    let calls = 0;
    const aggregate = ({ own, candidates }: RuleInput) => {
      calls++;
      const all = [own, ...candidates.map(({ params }) => params)];
      return own.map((_, c) => all.reduce((sum, params) => sum + (params[c] as number), 0) / all.length);
    };
    for (const [evaluations, most] of [
      [2, 2],
      [8, 8],
    ] as const) {
      const stage = createStage("spectral", { evaluations }, { honest: 6, aggregate });
      await twoWorlds(stage);
      calls = 0;
      await stage.clock.run(stage.clock.now() + 1000);
      stage.train(5, stage.model(-1, 5));
      assert.ok(calls === most, `${calls} merges`);
      const lie = await pulled(stage, 5);
      const length = Math.hypot((lie[0] as number) + 1, (lie[1] as number) - 5);
      // Others at sqrt(29), sqrt(20), sqrt(13), 2 and 1: the third of five
      if (evaluations === 2) assert.ok(Math.abs(length - Math.sqrt(13)) < 1e-4, `${length}`);
      else assert.ok(length > 4, `against a plain mean, farther is worse: ${length}`);
    }
  });

  it("finds the graph anew when its links have changed", async () => {
    const stage = await twoWorlds(createStage("spectral", { evaluations: 2 }, { honest: 6 }));
    const before = await pulled(stage, 5);
    // Now peer 5 belongs to the left
    for (const i of [3, 4]) stage.network.disconnect(stage.honest[5]?.peerId ?? "", stage.honest[i]?.peerId ?? "");
    for (const i of LEFT) join(stage, i, 5);
    await stage.clock.run(stage.clock.now() + 1000);
    stage.train(5, stage.model(-1, 5));
    const after = await pulled(stage, 5);
    assert.ok((before[0] as number) < -1.5 && (after[0] as number) > -0.5, `${before[0]}, then ${after[0]}`);
  });
});
