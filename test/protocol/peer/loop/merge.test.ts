import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { ruleNamed } from "../../../../protocol/aggregate/registry.ts";
import { mergeAges } from "../../../../protocol/aggregate/staleness.ts";
import { floatsToBytes, toHex } from "../../../../protocol/base/bytes.ts";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { signFlip } from "../../../../sim/attacks/sign-flip.ts";
import { AUDITED_RULES } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { createCrowd, entriesOf, type Member } from "../../../support/crowd.ts";
import { codecOf } from "../../../support/hostile.ts";

const hash = (params: Float32Array) => toHex(nodeCrypto.sha256(floatsToBytes(params)));

/** Seven peers of different speeds, one a liar, and every model by the hash of its parameters and by that of its body. */
async function world(aggregation: Record<string, unknown>) {
  const task = blobTask({ aggregation: { inboxSize: 4, memory: 6, ...aggregation } });
  const codec = codecOf(task, nodeCrypto);
  const models = new Map<string, Float32Array>();
  const know = (params: Float32Array) => {
    models.set(hash(params), params);
    models.set(toHex(nodeCrypto.sha256(codec.encode(params))), params);
    return params;
  };
  know(initialParams(task.tensors, task.seed));
  const known = (trainer: Trainer): Trainer => ({
    ...trainer,
    async fit(request) {
      know(request.params); // an aggregate
      const result = await trainer.fit(request);
      know(result.params);
      return result;
    },
  });
  const crowd = createCrowd({ task, minCycleMs: 200 });
  for (let i = 0; i < 7; i++) {
    const wrapTrainer = (trainer: Trainer) => known(i === 0 ? signFlip(trainer) : trainer);
    await crowd.join(i, { trainMs: 120 + 40 * i, wrapTrainer });
  }
  await crowd.run(4_000);
  return { crowd, task, models };
}

describe("the log of a peer", () => {
  for (const aggregation of AUDITED_RULES) {
    it(`retells every merge, so that it can be repeated to the bit: ${JSON.stringify(aggregation)}`, async () => {
      const { crowd, task, models } = await world(aggregation);
      const { rule, parameters, blend } = task.aggregation;
      const modelOf = (name: Uint8Array | null) => (name && models.get(toHex(name))) ?? assert.fail("unknown model");
      let repeated = 0;
      for (const member of crowd.members) {
        let trainedAge = 0;
        for (const entry of await entriesOf(member)) {
          if (entry.type === "train") trainedAge = entry.body.age;
          if (entry.type !== "aggregate") continue;
          const { own, base, out, parents, age } = entry.body;
          const used = parents.filter(([, , , weightQ16]) => weightQ16 > 0);
          const candidates = used.map(([, model, , weightQ16]) => ({ params: modelOf(model), weightQ16 }));
          const input = { own: modelOf(own), base: modelOf(base), candidates, age: trainedAge };
          const y = ruleNamed(rule).aggregate(input, parameters);
          const blended = input.own.map((value, i) => value + blend * ((y.params[i] as number) - value));
          assert.equal(toHex(out), hash(blend === 1 ? y.params : blended));
          assert.deepEqual(
            used.map(([, , , , status]) => status),
            y.statuses,
          );
          const ages = used.map(([, , theirs, weightQ16]) => ({ age: theirs, weightQ16 }));
          assert.ok(ages.some((claim) => claim.age > 0) && age >= mergeAges(0, ages), "the age is that of the parents");
          repeated++;
        }
      }
      assert.ok(repeated > 60, `${repeated} merges`);
    });
  }

  it("names whom the rule removed, as many as the counter says", async () => {
    const { crowd } = await world({ rule: "nna" });
    for (const member of crowd.members) {
      const entries = await entriesOf(member);
      const statuses = entries.flatMap((entry) =>
        entry.type === "aggregate" ? entry.body.parents.map((p) => p[4]) : [],
      );
      const removed = statuses.filter((status) => status === "removed").length;
      assert.ok(removed > 0);
      assert.equal(member.peer.status().counters.removed, removed);
    }
  });

  it("is one line of models: each training starts from what the merge or the training before it gave", async () => {
    const { crowd } = await world({ rule: "median" });
    for (const member of crowd.members) {
      let model: string | undefined;
      let trained: string | undefined;
      let age = 0;
      let merges = 0;
      for (const entry of await entriesOf(member)) {
        if (entry.type === "train") {
          assert.equal(toHex(entry.body.in), model ?? toHex(entry.body.in));
          assert.equal(entry.body.age, age + entry.body.steps);
          trained = toHex(entry.body.out);
          [model, age] = [trained, entry.body.age];
        } else if (entry.type === "publish") {
          assert.equal(entry.body.age, age, "published is what was trained");
        } else if (entry.type === "aggregate") {
          assert.equal(toHex(entry.body.own), trained, "merged is what was trained");
          assert.notEqual(toHex(entry.body.base ?? entry.body.own), trained);
          assert.ok(entry.body.age >= age);
          [model, age] = [toHex(entry.body.out), entry.body.age];
          merges++;
        }
      }
      assert.ok(merges > 5);
      assert.equal(member.peer.status().age, age);
    }
  });
});

describe("a training that diverges", () => {
  it("is counted, thrown away and not published; the peer merges on with the model that it had", async () => {
    const crowd = createCrowd({ task: blobTask({ aggregation: { rule: "median" } }) });
    for (let i = 1; i < 5; i++) await crowd.join(i);
    let trainings = 0;
    const wrapTrainer = (trainer: Trainer): Trainer => ({
      ...trainer,
      async fit(request) {
        const { params, loss } = await trainer.fit(request);
        if (++trainings > 3) params[7] = Number.NaN;
        return { params, loss };
      },
    });
    const member: Member = await crowd.join(0, { wrapTrainer });
    await crowd.run(9_000);
    const { counters, cycle } = member.peer.status();
    assert.equal(cycle, 9);
    assert.equal(counters.published, 3);
    assert.equal(counters.diverged, 6);
    assert.ok(counters.merges >= 8);
    assert.ok(member.peer.serving().every(Number.isFinite));
    for (const other of crowd.members.slice(0, 4)) assert.deepEqual(other.peer.status().counters.refused, {});
  });
});
