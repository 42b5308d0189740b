import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { median } from "../../../protocol/aggregate/rules/median.ts";
import { equalBytes, floatsToBytes, toHex } from "../../../protocol/base/bytes.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, type Crowd, createCrowd, identityOf, type Member, mergesOf } from "../../support/crowd.ts";
import { codecOf } from "../../support/hostile.ts";

const STEPS = 5;
const LAG_CYCLES = 30; // the cut-off is 20
const LATE = 20;
const LIAR = 50;
const holdout = blobs(400, 777);

/** Peers that have learned for `LAG_CYCLES`, and every model that they published, by its hash. */
async function elders(count: number, aggregation: Record<string, unknown> = {}, minCycleMs = 1000) {
  const task = blobTask({ training: { steps: STEPS, batch: 16 }, aggregation });
  const codec = codecOf(task, nodeCrypto);
  const published = new Map<string, Float32Array>();
  const wrapTrainer = (trainer: Trainer): Trainer => ({
    ...trainer,
    async fit(request) {
      const result = await trainer.fit(request);
      published.set(toHex(nodeCrypto.sha256(codec.encode(result.params))), result.params);
      return result;
    },
  });
  const crowd = createCrowd({ task });
  for (let i = 0; i < count; i++) await crowd.join(i, { wrapTrainer, holdout, minCycleMs });
  await crowd.run(minCycleMs * LAG_CYCLES);
  return { crowd, published };
}

/** A peer whose configuration names the others, and the liar: it need not wait for more of them (catch-up.test.ts). */
const configured = (crowd: Crowd) => ({
  configured: [...crowd.members.map(({ peerId }) => peerId), identityOf(LIAR).peerId],
});

/** A model of an elder, nearly: as good as theirs. */
function nearly(published: ReadonlyMap<string, Float32Array>): Float32Array {
  const params = [...published.values()].at(-1)?.slice() ?? assert.fail();
  params[0] = (params[0] as number) + 1e-3;
  return params;
}

const ages = (crowd: Crowd) => crowd.members.map(({ peer }) => peer.status().age);
const rulesOf = async (member: Member) => (await mergesOf(member)).map(({ rule }) => rule);

describe("a late joiner", () => {
  it("starts from the coordinate median of the others' models, and at their age, not at its own", async () => {
    const { crowd, published } = await elders(5);
    const before = ages(crowd);
    const late = await crowd.join(LATE, { holdout, train: blobs(4, 1), ...configured(crowd) });
    await crowd.run(1_500);
    const [first, second] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    assert.equal(first?.parents.length, 5);
    assert.ok(first.parents.every(({ status }) => status === "used"));
    assert.equal(second, undefined);

    const [own, ...candidates] = first.parents.map(({ model }) => published.get(toHex(model)) ?? assert.fail());
    assert.ok(own);
    const input = { own, candidates: candidates.map((params) => ({ params, weightQ16: 65536 })) };
    const expected = median.aggregate(input, {}).params;
    assert.deepEqual(first.out, nodeCrypto.sha256(floatsToBytes(expected)));
    assert.ok(first.age >= Math.min(...before) && first.age <= Math.max(...before) + STEPS);
    assert.equal(late.peer.status().age, first.age);
  });

  it("knows what the others know at once, though its own data teach it little", async () => {
    const { crowd } = await elders(4);
    const late = await crowd.join(LATE, { holdout, train: blobs(4, 1), ...configured(crowd) });
    await crowd.run(2_100);
    const known = await accuracyOf(crowd.members[0] as Member);
    assert.ok(known > 0.85);
    assert.ok((await accuracyOf(late)) > known - 0.1, `${await accuracyOf(late)} against ${known}`);
  });

  it("hears of their models in the greetings, and need not wait for the next announcements", async () => {
    const { crowd } = await elders(4, {}, 10_000);
    await crowd.run(5_000); // in the middle of their cycles
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(1_500);
    assert.deepEqual(await rulesOf(late), ["catch-up"]);
  });

  it("catches up once, then merges like everybody, and is merged by the others", async () => {
    const { crowd } = await elders(4);
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(5_500);
    const rules = await rulesOf(late);
    assert.deepEqual(rules, ["catch-up", ...Array(rules.length - 1).fill("guarded-median")]);
    assert.ok(rules.length >= 4);
    for (const member of crowd.members.slice(0, 4)) {
      const parents = (await mergesOf(member)).at(-1)?.parents ?? [];
      assert.ok(parents.some(({ peer, weightQ16 }) => peer === late.peerId && weightQ16 > 0));
    }
  });

  it("of three peers takes all three, and keeps their age though one of them lies", async () => {
    for (const lie of [0, LIMITS.maxAge]) {
      const { crowd, published } = await elders(2, { quorum: 2 });
      await crowd.joinHostile(LIAR).offer({ age: lie, params: nearly(published) });
      const late = await crowd.join(LATE, configured(crowd));
      const before = ages(crowd).slice(0, 2);
      await crowd.run(1_500);
      const [first] = await mergesOf(late);
      assert.equal(first?.rule, "catch-up");
      assert.equal(first?.parents.length, 3);
      assert.ok(
        first.age >= Math.min(...before) && first.age <= Math.max(...before) + STEPS,
        `${first.age}, ${before}`,
      );
    }
  });

  it("takes the age of those from whom it takes the model, though its own and a liar's outweigh theirs", async () => {
    const { crowd, published } = await elders(2, {}, 5000); // too slow to be fresh in every cycle of the newcomer
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(2_500); // no quorum yet
    const liar = crowd.joinHostile(LIAR);
    await liar.offer({ age: 0, params: nearly(published) });
    await crowd.run(1_000);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    assert.ok(first.parents.every(({ weightQ16 }) => weightQ16 < 65536));
    assert.ok(first.age >= Math.min(...ages(crowd).slice(0, 2)) - STEPS, `${first.age}, ${ages(crowd)}`);
  });

  it("that catches up is new here: one that is merely slow keeps what it learned", async () => {
    const { crowd } = await elders(0);
    for (let i = 0; i < 4; i++) await crowd.join(i, { trainMs: 50, minCycleMs: 50 });
    const slow = await crowd.join(LATE, { trainMs: 50 * LAG_CYCLES, ...configured(crowd) });
    await crowd.run(50 * LAG_CYCLES * 6);
    const rules = await rulesOf(slow);
    assert.ok(rules.length >= 5);
    assert.ok(!rules.slice(1).includes("catch-up"), `${rules}`);
  });

  it("trains on alone where fewer than a quorum can be had", async () => {
    const { crowd } = await elders(2);
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(5_000);
    assert.deepEqual(await rulesOf(late), []);
    assert.equal(late.peer.status().age, 5 * STEPS);
  });

  it("merges by the task's rule where there is a quorum, but fewer than three", async () => {
    const { crowd } = await elders(2, { quorum: 2 });
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(1_500);
    assert.deepEqual(await rulesOf(late), ["guarded-median"]);
  });

  it("that is not far behind merges by the task's rule", async () => {
    const crowd = createCrowd({ task: blobTask({ training: { steps: STEPS, batch: 16 } }) });
    for (let i = 0; i < 4; i++) await crowd.join(i);
    await crowd.run(15_000);
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(2_500);
    assert.ok((await rulesOf(late)).length > 0);
    assert.ok((await rulesOf(late)).every((rule) => rule === "guarded-median"));
  });

  it("catches up whatever rule and blend the task has, since its own model counts for nothing", async () => {
    const { crowd } = await elders(3, { rule: "mean", blend: 0.1 });
    const late = await crowd.join(LATE, configured(crowd));
    await crowd.run(1_500);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    assert.ok(!equalBytes(first.out, first.own));
  });
});
