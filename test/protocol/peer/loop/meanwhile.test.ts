/** Merges while a long training is under way, and what their logs are worth to an audit. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { lowerMedian } from "../../../../protocol/aggregate/staleness.ts";
import type { AuditedEntry } from "../../../../protocol/audit/examine.ts";
import { equalBytes } from "../../../../protocol/base/bytes.ts";
import type { Archive } from "../../../../protocol/base/seams.ts";
import { bodyFault } from "../../../../protocol/log/entry/body-fields.ts";
import type { Entry } from "../../../../protocol/log/entry/entry.ts";
import { moveTraining } from "../../../../protocol/task/move.ts";
import { audit, createAuditedCrowd } from "../../../support/audits.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { accuracyOf, entriesOf } from "../../../support/crowd.ts";

const H = 20;
const FAST_MS = 200;
const SLOW = 5;
/** As long as ten trainings of the others. */
const STEP_MS = 10 * FAST_MS;
const adaptive = blobTask({ training: { steps: H, adaptive: true } });
const fixed = blobTask({ training: { steps: H } });
const holdout = blobs(300, 777);

/** Five peers, and one of which a single step takes as long as ten trainings of the others. */
async function scene(task = adaptive, minCycleMs = 50) {
  const made = createAuditedCrowd(task, minCycleMs);
  for (let i = 0; i < 5; i++) await made.join(i, { trainMs: FAST_MS, holdout });
  const slow = await made.join(SLOW, { trainMs: H * STEP_MS, holdout });
  return { ...made, slow };
}

type Of<T extends Entry["type"]> = Extract<AuditedEntry, { type: T }>;
const trainingsIn = (log: readonly AuditedEntry[]) =>
  log.filter((entry): entry is Of<"train"> => entry.type === "train");
const lieIn = async (log: readonly AuditedEntry[], task = adaptive) =>
  (await audit(log, task, async () => undefined)).firstLie?.reason ?? "none";

describe("a peer of which one step takes as long as many trainings of others", () => {
  let log: Entry[];
  let archive: Archive;
  let last: { readonly ages: number[]; readonly accuracies: number[] };

  before(async () => {
    const { crowd, slow, archives } = await scene();
    await crowd.run(7_000);
    log = await entriesOf(slow);
    archive = archives[SLOW] as Archive;
    const all = [slow, ...crowd.members.slice(0, 5)];
    const accuracies: number[] = [];
    for (const member of all) accuracies.push(await accuracyOf(member));
    last = { ages: all.map(({ peer }) => peer.status().age), accuracies };
  });

  it("merges meanwhile, and follows the others", () => {
    const trained = log.findIndex(({ type }) => type === "train");
    const merges = log.slice(0, trained).filter(({ type }) => type === "aggregate");
    assert.ok(merges.length > 3, `${merges.length} merges before the first training has ended`);
    const [age = 0, ...others] = last.ages;
    assert.ok(age >= lowerMedian(others) - 5 * H, `age ${age} of ${others}`);
    const [accuracy = 0, ...theirs] = last.accuracies;
    assert.ok(accuracy > lowerMedian(theirs) - 0.02, `${accuracy} of ${theirs}`);
  });

  it("says in its log that it merged without a training, and onto which model a training was moved", () => {
    const first = log.find((entry) => entry.type === "aggregate");
    assert.ok(first?.body.base && equalBytes(first.body.base, first.body.own));
    const [training, ...more] = trainingsIn(log);
    assert.ok(training?.body.moved && more.length > 0);
    const [began] = training.body.moved;
    assert.ok(equalBytes(began, first.body.own), "it began with the model of before the first merge");
    assert.ok(!equalBytes(began, training.body.in));
    assert.equal(training.body.steps, 1);
  });

  it("has a log that an audit repeats, moved trainings too", async () => {
    const { firstLie, tallies } = await audit(log, adaptive, archive.get);
    assert.equal(firstLie, undefined);
    assert.deepEqual([tallies.train.missing, tallies.aggregate.missing, tallies.publish.missing], [0, 0, 0]);
    assert.ok(tallies.aggregate.proved > 10 && tallies.train.claimed === trainingsIn(log).length);
  });

  it("is refuted where a training was moved from another model than the log came to, or gives another than it says", async () => {
    const change = (moved: (pair: readonly [Uint8Array, Uint8Array]) => readonly [Uint8Array, Uint8Array]) =>
      log.map((entry): AuditedEntry => {
        if (entry.type !== "train" || entry.body.moved === undefined) return entry;
        return { ...entry, body: { ...entry.body, moved: moved(entry.body.moved) } };
      });
    assert.match(await lieIn(change(([, ended]) => [ended, ended])), /began with no model since the one before/);
    const nothing = await audit(
      change(([began]) => [began, began]),
      adaptive,
      archive.get,
    );
    assert.match(nothing.firstLie?.reason ?? "", /moved gives another model/);
    assert.match(await lieIn(log, blobTask({ training: { steps: H } })).catch(String), /another task/);
  });

  it("is refuted where it moved a training without a merge", async () => {
    const [genesis, ...rest] = log;
    const training = trainingsIn(log)[0] as Of<"train">;
    const initial = rest.find((entry) => entry.type === "aggregate")?.body.own as Uint8Array;
    const unmerged = [genesis as Entry, { ...training, body: { ...training.body, in: initial, age: 1 } }];
    assert.match(await lieIn(unmerged), /no merge since the one before/);
  });

  it("may move a training to a new log, of which nothing can be said", async () => {
    const [genesis] = log;
    const training = trainingsIn(log)[0] as Of<"train">;
    const { in: params, age } = training.body;
    const resume = { ...training, type: "resume" as const, body: { params, age: age - 1 } };
    const { firstLie, tallies } = await audit([genesis as Entry, resume, training], adaptive, async () => undefined);
    assert.equal(firstLie, undefined);
    assert.equal(tallies.train.missing, 1);
  });
});

it("a peer whose task has each training waited for merges after it only, and a moved one refutes its log", async () => {
  const { crowd, slow } = await scene(fixed);
  await crowd.run(4_000);
  assert.ok((await entriesOf(slow)).every(({ type }) => type === "genesis"));
  const [log, task] = [await entriesOf(crowd.members[0] as never), fixed];
  const moved = log.map((entry): AuditedEntry => {
    if (entry.type !== "train") return entry;
    return { ...entry, body: { ...entry.body, moved: [entry.body.in, entry.body.out] } };
  });
  assert.match(await lieIn(moved, task), /the task has each waited for/);
});

it("a restart while a training is under way goes on from the last merge, and one that saved nothing from the initial model", async () => {
  const { crowd, slow, archives, join } = await scene();
  await crowd.run(3_200);
  const merges = slow.mergedMs.length;
  assert.ok(merges > 0);
  slow.kill();
  const again = await join(SLOW, { ...slow.joinedWith, store: slow.store });
  // this one has trained, and is stopped while it waits for the end of its first cycle
  const early = await join(6, { trainMs: 20, minCycleMs: 100_000 });
  await crowd.run(1_000);
  early.kill();
  const configured = crowd.members.slice(0, 5).map(({ peerId }) => peerId); // else nobody that it asks about its log is known
  const late = await join(6, { trainMs: H * STEP_MS, store: early.store, configured });
  await crowd.run(10_000);
  for (const [number, member] of [
    [SLOW, again],
    [6, late],
  ] as const) {
    const log = await entriesOf(member);
    const { firstLie, tallies } = await audit(log, adaptive, (archives[number] as Archive).get);
    assert.equal(firstLie, undefined, `peer ${number}`);
    assert.ok(tallies.aggregate.proved > 3, `peer ${number}: ${JSON.stringify(tallies)}`);
    assert.ok(trainingsIn(log).some(({ body }) => body.moved !== undefined));
  }
});

describe("the log entry of a training", () => {
  const body = { in: new Uint8Array(32), out: new Uint8Array(32), steps: 1, age: 1, engine: "dense", privacy: null };
  const hash = new Uint8Array(32);

  it("may name two hashes between which it was done, and nothing else, from version 2 on", () => {
    assert.equal(bodyFault(2, "train", body), undefined);
    assert.equal(bodyFault(2, "train", { ...body, moved: [hash, hash] }), undefined);
    for (const moved of [null, [], [hash], [hash, hash, hash], [hash, 1], [hash, new Uint8Array(31)], hash])
      assert.match(bodyFault(2, "train", { ...body, moved }) ?? "", /train\.moved is not a list of two hashes/);
    const { privacy: _, ...first } = body;
    assert.match(bodyFault(1, "train", { ...first, moved: [hash, hash] }) ?? "", /has no field "moved"/);
  });
});

it("moving rounds each operation to float32", () => {
  const moved = moveTraining(Float32Array.of(1, 2 ** 24), Float32Array.of(0.1, 0), Float32Array.of(0.3, 1));
  assert.deepEqual([...moved], [Math.fround(1 + Math.fround(Math.fround(0.3) - Math.fround(0.1))), 2 ** 24]);
});
