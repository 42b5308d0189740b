/** Parts of a network that come together again: who has returned, from where the next training starts, and how long it takes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainAggregator } from "../../../../protocol/aggregate/registry.ts";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import type { Archive } from "../../../../protocol/base/seams.ts";
import { createReunion, RETURN_CYCLES, startAfter } from "../../../../protocol/peer/loop/reunion.ts";
import { createSoundness } from "../../../../protocol/peer/loop/soundness.ts";
import type { Announced, Candidate, Own, Weighed } from "../../../../protocol/peer/stages.ts";
import { audit } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, entriesOf } from "../../../support/crowd.ts";
import { createMemoryArchive } from "../../../support/memory-archive.ts";

const task = blobTask();
const NOW = 100;
const at = (...params: number[]) => ({ params: Float32Array.from(params), age: 1 });

/** A model of an author that returned in this cycle. */
function model(author: string, returnedCycle: number | undefined, ...params: number[]): Weighed {
  const announced = { author, ...(returnedCycle !== undefined && { returnedCycle }) } as Announced;
  const all = Float32Array.from(params);
  return {
    candidate: { announced } as Candidate,
    params: all,
    weightQ16: 65536,
    tau: 0,
    mass: 1,
  } as unknown as Weighed;
}

/** With a loss that is the distance of the first parameter from 10. Peers whose name begins with "new" are not known. */
function reunion() {
  const evaluate = async ([first = 0]: Float32Array) => ({ loss: Math.abs(10 - first) });
  const identities = { isKnown: (peer: string) => !peer.startsWith("new") };
  const soundness = createSoundness({ evaluate } as unknown as Trainer, task);
  return createReunion({ aggregator: plainAggregator, identities, soundness }, task);
}

async function startOf(...candidates: Weighed[]): Promise<number[] | undefined> {
  const { met, takeStart } = reunion();
  await met({ ...at(10, 0), kind: "trained" } as Own, candidates, NOW);
  const start = takeStart();
  assert.equal(takeStart(), undefined, "it is told once");
  return start && [...start];
}

const three = (returnedCycle: number | undefined, first = 10) =>
  ["a", "b", "c"].map((author) => model(author, returnedCycle, first, 8));

describe("after a split the next training starts", () => {
  it("at the coordinate median of the own model and all of a merge, where three known authors have returned", async () => {
    assert.deepEqual(await startOf(...three(NOW)), [10, 8]);
    assert.deepEqual(await startOf(...three(NOW - RETURN_CYCLES), model("d", undefined, 10, 0)), [10, 8]);
    assert.deepEqual(await startOf(...three(NOW), model("d", undefined, 10, 2), model("e", undefined, 10, 2)), [10, 5]);
  });

  it("at the model where fewer have, they are strangers, it was long ago, or nobody was away", async () => {
    const [a, b] = three(NOW) as [Weighed, Weighed];
    assert.equal(await startOf(a, b, model("new", NOW, 10, 8)), undefined);
    assert.equal(await startOf(a, b, model("d", undefined, 10, 8)), undefined);
    assert.equal(await startOf(...three(NOW - RETURN_CYCLES - 1)), undefined);
    assert.equal(await startOf(...three(undefined)), undefined);
  });

  it("at the model where a training is under way, whose trainer has no time to look at others", async () => {
    const { met, takeStart } = reunion();
    await met({ ...at(10, 0), kind: "untrained" } as Own, three(NOW), NOW);
    assert.equal(takeStart(), undefined);
  });

  it("at the model where the median knows less than half of what that knows of the own data", async () => {
    assert.deepEqual(await startOf(...three(NOW, 5.5)), [5.5, 8]);
    assert.equal(await startOf(...three(NOW, 4.5)), undefined);
    assert.equal(await startOf(...three(NOW, Number.NaN)), undefined);
  });

  it("there once, and otherwise where it would anyhow", () => {
    const starts = [Float32Array.of(7)];
    const start = startAfter({ takeStart: () => starts.pop() }, ({ params }) => params.map((x) => x + 1));
    assert.deepEqual(
      [at(1), at(2)].map((model) => [...start(model)]),
      [[7], [3]],
    );
  });
});

/** Of 6 peers, the first half: their trainings lead to one model, those of the others to another, while `apart`; later they lead nowhere. */
async function splitCrowd(): Promise<{ crowd: Crowd; archives: readonly Archive[] }> {
  const crowd = createCrowd({ task: splitTask, proofs: false });
  const archives = Array.from({ length: 6 }, createMemoryArchive);
  let apart = 0;
  const trainerOf = (number: number) => {
    const side = number < 3 ? 1 : -1;
    return (trainer: Trainer): Trainer => ({
      ...trainer,
      async fit({ params }) {
        const goal = (i: number) => 4 + (i % 2 === 0 ? side * apart : 0);
        const step = apart === 0 && crowd.world.clock.now() > CUT_MS ? 0 : 0.3;
        return { params: params.map((x, i) => x + step * (goal(i) - x) + 1e-4 * (number + 1)), loss: 0 };
      },
      evaluate: async (params) => ({ loss: Math.hypot(...params) < 10 ? 2 : 0.1, numExamples: 1 }),
    });
  };
  for (const [i, archive] of archives.entries()) await crowd.join(i, { archive, wrapTrainer: trainerOf(i) });
  await crowd.run(CUT_MS);
  const links = crowd.members
    .slice(0, 3)
    .flatMap((a) => crowd.members.slice(3).map((b) => [a.peerId, b.peerId] as const));
  for (const [a, b] of links) crowd.world.network.disconnect(a, b);
  apart = 1;
  await crowd.run(23_000);
  apart = 0;
  assert.ok(spreadOf(crowd) > 0.15, "they have come to two models");
  for (const [a, b] of links) crowd.world.network.connect(a, b);
  return { crowd, archives };
}

const CUT_MS = 5_000;
const splitTask = blobTask({ aggregation: { quorum: 1 } });

/** The largest distance from the first model, over its length. */
function spreadOf({ members }: Crowd): number {
  const models = members.map(({ peer }) => peer.current());
  const [first = assert.fail()] = models;
  return (
    Math.max(...models.map((one) => Math.hypot(...one.map((x, i) => x - (first[i] as number))))) / Math.hypot(...first)
  );
}

it("halves that learned apart until their trainings had become short agree again within ten cycles, and their logs hold", async () => {
  const { crowd, archives } = await splitCrowd();
  await crowd.run(10_000);
  assert.ok(spreadOf(crowd) < 0.005, `${spreadOf(crowd)}`);
  for (const i of [0, 5]) {
    const member = crowd.members[i] ?? assert.fail();
    const { firstLie } = await audit(await entriesOf(member), splitTask, (archives[i] as Archive).get);
    assert.equal(firstLie, undefined);
  }
});
