/** Drift: one wrong model for all liars and receivers, told at the distance of an honest one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { assertNear, createStage, type Stage } from "./stage.ts";

async function pulled(stage: Stage, receiver: number): Promise<Float32Array> {
  const heard = await stage.pull(receiver, 0);
  assert.ok(heard, "nothing was told");
  return heard.params;
}

/** The liars have trained the wrong model to (10, 0, ...), and four honest peers stand on the second axis. */
async function staged(): Promise<Stage> {
  const stage = createStage("drift", {}, { honest: 4, liars: 2 });
  await stage.announce(0, { seq: 3 });
  await stage.publish(0, { trained: stage.model(4) });
  await stage.publish(1, { trained: stage.model(10) });
  for (const i of [0, 1, 2, 3]) stage.train(i, stage.model(0, i));
  return stage;
}

describe("the drift attack", () => {
  it("moves each receiver towards the wrong model by its median honest distance", async () => {
    const stage = await staged();
    // Peer 3: others at 3, 2, 1; the wrong model at sqrt(109)
    const factor = 2 / Math.sqrt(109);
    assertNear(await pulled(stage, 3), stage.model(10 * factor, 3 - 3 * factor));
  });

  it("tells the wrong model itself to a receiver that is nearer than honest ones are", async () => {
    const stage = await staged();
    await stage.clock.run(stage.clock.now() + 1000);
    stage.train(3, stage.model(9.5));
    assertNear(await pulled(stage, 3), stage.model(10));
  });

  it("has the liars train one model in turn, on flipped labels, and publish none of their own", async () => {
    const stage = await staged();
    const asked = stage.model(7);
    assert.equal(await stage.publish(0, { params: asked, trained: stage.model(12) }), asked);
    await stage.clock.run(stage.clock.now() + 1000);
    stage.train(0, stage.model(11.9)); // farther from the others than from what liar 0 has just trained
    assertNear(await pulled(stage, 0), stage.model(12));
    const data = { targets: Float32Array.of(0, 1, 2) } as unknown as Dataset;
    assert.deepEqual([...(stage.disguises[0]?.data?.(data).targets ?? [])], [2, 1, 0]);
  });
});
