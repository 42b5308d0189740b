import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { mean } from "../../../protocol/base/figures.ts";
import { signFlip } from "../../../sim/attacks/sign-flip.ts";
import type { NewPeer } from "../../../sim/run/world.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, createCrowd, skewedBlobs } from "../../support/crowd.ts";

const PEERS = 8;
const LIARS = 2;
const CYCLES = 30;
const holdout = blobs(600, 9999);

interface World {
  readonly rule?: string;
  readonly liars?: number;
}

/** Hold-out accuracy of each honest peer, the liars being the first. */
async function together({ rule = "guarded-median", liars = 0 }: World): Promise<number[]> {
  const crowd = createCrowd({ task: blobTask({ aggregation: { rule } }) });
  for (let i = 0; i < PEERS; i++) {
    const liar: Partial<NewPeer> = i < liars ? { wrapTrainer: (trainer) => signFlip(trainer) } : {};
    await crowd.join(i, { train: skewedBlobs(40, i), holdout, ...liar });
  }
  await crowd.run(1000 * CYCLES);
  assert.deepEqual(
    crowd.members.map(({ peer }) => peer.status().cycle),
    Array(PEERS).fill(CYCLES),
  );
  return Promise.all(crowd.members.slice(liars).map(accuracyOf));
}

async function alone(): Promise<number[]> {
  const accuracies: number[] = [];
  for (let i = 0; i < PEERS; i++) {
    const crowd = createCrowd();
    const member = await crowd.join(i, { train: skewedBlobs(40, i), holdout });
    await crowd.run(1000 * CYCLES);
    assert.equal(member.peer.status().cycle, CYCLES);
    assert.equal(member.peer.status().counters.merges, 0);
    accuracies.push(await accuracyOf(member));
  }
  return accuracies;
}

describe("8 peers, each with nine tenths of one class", () => {
  let lone: number[] = [];
  before(async () => {
    lone = await alone();
  });

  for (const rule of ["guarded-median", "mean", "median"]) {
    it(`know more together by ${rule} than each alone after as many steps`, async () => {
      const gossip = await together({ rule });
      assert.ok(mean(gossip) > mean(lone) + 0.08, `${mean(gossip)} against ${mean(lone)}`);
      for (const [i, accuracy] of gossip.entries())
        assert.ok(accuracy > (lone[i] as number), `peer ${i}: ${accuracy} against ${lone[i]}`);
    });
  }

  it(`learn by guarded-median nearly as well with ${LIARS} sign-flippers among them as without`, async () => {
    // 29 % of those that a peer hears, with f = 0.2; about 0.9 without them.
    const honest = await together({ liars: LIARS });
    assert.ok(mean(honest) > 0.86, `${honest}`);
    assert.ok(Math.min(...honest) > 0.82, `${honest}`);
  });

  it("are ruined by the same liars under the mean", async () => {
    const honest = await together({ rule: "mean", liars: LIARS });
    assert.ok(Math.max(...honest) < 0.5, `${honest}`);
  });
});
