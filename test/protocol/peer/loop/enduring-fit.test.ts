import assert from "node:assert/strict";
import { test } from "node:test";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createEnduringFit } from "../../../../protocol/peer/loop/enduring-fit.ts";
import { createSoundness } from "../../../../protocol/peer/loop/soundness.ts";
import type { PeerEvent } from "../../../../protocol/peer/reports.ts";
import { blobTask } from "../../../support/blobs.ts";

const request = { params: new Float32Array(2), steps: 1, seed: "s" };
const result = { params: new Float32Array(2), loss: 1 };
const broken = new HearsayError("ERR_TRAINER", "the trainer ended with status 1");

test("a trainer that fails is asked again after 1 s, 2 s, 4 s and so on, at most every 5 minutes; one that trains again is well", async () => {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs };
  const events: PeerEvent[] = [];
  const askedMs: number[] = [];
  let isBroken = true;
  const fit = async () => {
    askedMs.push(clock.monotonicMs());
    if (isBroken) throw broken;
    return result;
  };
  const enduring = createEnduringFit({ fit, clock, reports: { tell: (event) => events.push(event) } });
  const cycles = async (ms: number) => {
    for (let t = 0; t < ms; t += 500) {
      assert.equal(await enduring.fit(request), isBroken ? undefined : result);
      nowMs += 500;
    }
  };
  await cycles(2_000_000);
  assert.deepEqual(askedMs.slice(0, 5), [0, 1000, 3000, 7000, 15_000]);
  const waits = askedMs.slice(1).map((ms, i) => ms - (askedMs[i] as number));
  assert.equal(Math.max(...waits), LIMITS.trainerRetryMs.most);
  const { message, failures } = enduring.fault() ?? {};
  assert.deepEqual([message, failures], [broken.message, askedMs.length]);
  isBroken = false;
  nowMs += LIMITS.trainerRetryMs.most;
  await cycles(500);
  assert.equal(enduring.fault(), undefined);
  assert.deepEqual(events.at(-1), { kind: "trainer", state: "well", failures });
  assert.equal(events.length, askedMs.length);
});

test("any other error of a trainer is one for good", async () => {
  const clock = { monotonicMs: () => 0 };
  const fit = () => Promise.reject(new HearsayError("ERR_DATA", "there is no example"));
  const enduring = createEnduringFit({ fit, clock, reports: { tell: () => assert.fail("nothing to tell") } });
  await assert.rejects(enduring.fit(request), { code: "ERR_DATA" });
});

test("while a trainer does not answer, no model of others is worse than another; once it does, they are told apart", async () => {
  const task = blobTask();
  const params = (value: number) =>
    new Float32Array(task.tensors.reduce((sum, [, [a = 1, b = 1]]) => sum + a * b, 0)).fill(value);
  let isBroken = true;
  const evaluate = async (given: Float32Array) => {
    if (isBroken) throw broken;
    return { numExamples: 1, loss: given[0] === 1 ? 0.1 : 5 };
  };
  const asking = { ...task, aggregation: { ...task.aggregation, mostLoss: 0.5 } };
  const soundness = createSoundness({ evaluate }, asking);
  const models = [params(1), params(2), params(1)];
  assert.equal(await soundness.worstLoss(params(1)), Number.POSITIVE_INFINITY);
  assert.equal(await soundness.lossOf(params(2)), Number.POSITIVE_INFINITY);
  assert.deepEqual(await soundness.knowingTooLittle(models, 2), [undefined, undefined, undefined]);
  isBroken = false;
  assert.deepEqual(await soundness.knowingTooLittle(models, 2), [undefined, 1, undefined]);
});
