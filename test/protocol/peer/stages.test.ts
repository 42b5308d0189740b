/**
 * The road of an update has no short cut. Most of this file is read by tsc only: under each `@ts-expect-error` stands a step that skips a stage, and
 * `npm run check` fails where one of them compiles.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { sharedMask } from "../../../protocol/base/shared-tensors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { f32 } from "../../../protocol/codec/f32.ts";
import type { Entry } from "../../../protocol/log/entry/entry.ts";
import { type FetchComponents, type FetchOptions, fetchBody, lookInto } from "../../../protocol/peer/inbound/fetch.ts";
import { encode } from "../../../protocol/peer/loop/encode.ts";
import { type MergeComponents, merge } from "../../../protocol/peer/loop/merge.ts";
import { type PublishComponents, publish } from "../../../protocol/peer/loop/publish.ts";
import { release } from "../../../protocol/peer/loop/release.ts";
import { sortOut, weigh } from "../../../protocol/peer/loop/weigh.ts";
import * as stages from "../../../protocol/peer/stages.ts";
import { none } from "../../../protocol/privacy/none.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { blobTask } from "../../support/blobs.ts";

interface Given {
  readonly task: Task;
  readonly params: Float32Array;
  readonly body: Uint8Array;
  readonly announcement: Announcement;
  readonly entry: Entry;
  readonly trained: stages.Trained;
  readonly diverged: stages.Diverged;
  readonly released: stages.Released;
  readonly announced: stages.Announced;
  readonly fetched: stages.Fetched;
  readonly candidate: stages.Candidate;
  readonly weighed: stages.Weighed;
}

const codec = f32.forLayout({ tensors: [["w", [2]]], task: "" });

/** Never called. */
export function shortCutsOut(given: Given, log: PublishComponents): unknown[] {
  const { params, trained, diverged, released, task, body, entry } = given;
  const under = { taskId: params as unknown as Uint8Array, engine: "dense" };
  return [
    // @ts-expect-error a vector that nobody trained is no model to release
    release({ params, base: params, age: 1, steps: 1, loss: 0 }, none, task),
    // @ts-expect-error a training that diverged has nothing to release
    release(diverged, none, task),
    // @ts-expect-error what was trained is encoded only once it was released
    encode(trained, "f32", codec, nodeCrypto),
    // @ts-expect-error nor is a vector
    encode({ trained, mechanism: "none", params, shared: body, mass: 1 }, "f32", codec, nodeCrypto),
    // @ts-expect-error a release is published only as bytes
    publish(log, released, under),
    // @ts-expect-error a release that no codec encoded is in no log
    stages.published({ ...released, body, hash: body }, entry, body),
  ];
}

/** Never called. */
export function shortCutsIn(
  given: Given,
  network: FetchComponents,
  how: FetchOptions,
  rule: MergeComponents,
): unknown[] {
  const { announcement, announced, body, params, candidate, fetched, weighed, task, trained } = given;
  const rest = { copies: [], stale: [], catchUp: false, invalid: [] };
  return [
    // @ts-expect-error an announcement whose signature nobody has checked is not pulled
    fetchBody(network, announcement, how),
    // @ts-expect-error bytes that nobody has fetched are not looked into
    lookInto({ announced, body }, codec, 1, false),
    // @ts-expect-error what was fetched is weighed only once it was looked into
    weigh(task, [fetched], 0, 0),
    // @ts-expect-error nor is a vector
    weigh(task, [{ announced, body, params }], 0, 0),
    // @ts-expect-error a candidate goes into a merge only with its weight
    merge(rule, { own: trained, eligible: [candidate], ...rest }),
    // @ts-expect-error nor does a weight that staleness did not give
    sortOut([{ candidate, params, tau: 0, weightQ16: 65536 }], 8),
    // @ts-expect-error a merge starts from a model of this peer's own
    merge(rule, { own: { params, base: params, age: 0 }, eligible: [weighed], ...rest }),
  ];
}

test("a trained model is released, and encoded, as it is where the mechanism is none and the codec f32", () => {
  const params = Float32Array.of(1, 2);
  const trained = stages.trained({ params, base: Float32Array.of(0, 0), age: 10, steps: 10, loss: 0.5 });
  const released = release(trained, none, sharedMask(blobTask()));
  assert.equal(released.params, params);
  assert.equal(released.mechanism, "none");
  const encoded = encode(released, "f32", codec, nodeCrypto);
  assert.deepEqual(encoded.received, params);
  assert.deepEqual(encoded.hash, nodeCrypto.sha256(encoded.body));
});

test("the mask of all tensors has a bit for each, and no other", () => {
  const mask = (count: number) => [...sharedMask({ tensors: Array.from({ length: count }, () => ["w", [1]]) })];
  assert.deepEqual(mask(1), [1]);
  assert.deepEqual(mask(8), [255]);
  assert.deepEqual(mask(11), [255, 7]);
});

test("a training that diverged keeps the model of before, and has taken no step", () => {
  const before = { params: Float32Array.of(1), age: 30 };
  const own = stages.diverged(before);
  assert.deepEqual([own.params, own.base, own.age, own.kind], [before.params, before.params, 30, "diverged"]);
});

const told = () => {
  const hash = (fill: number) => new Uint8Array(32).fill(fill);
  const of = {
    task: hash(1),
    generation: 3,
    seq: 7,
    entry: hash(2),
    root: hash(4),
    note: new Uint8Array(64),
    model: hash(5),
  };
  const draft = { ...of, bytes: 8, age: 20, tsMs: 60_000, mass: 2, spent: [[1, 1000, 3]] } as const;
  return decodeAnnouncement(encodeAnnouncement(draft, identityFromSeed(hash(9))));
};
const seen = { firstSeenMs: 1.5, firstSeenCycle: 2, returnedCycle: undefined, isSteady: true };

test("what an author announced says all that the announcement says, and how it came", () => {
  const announcement = told();
  const announced = stages.announced(announcement, seen);
  for (const [name, value] of Object.entries({ ...announcement, ...seen, isBrief: false }))
    assert.equal(announced[name as keyof Announcement], value, name);
});

test("a brief that was shown is the announcement, and came when the brief did", () => {
  const announcement = told();
  const { seq, age, bytes, mass, generation, tsMs } = announcement;
  const brief = stages.briefed(announcement, { seq, age, bytes, mass, generation, tsMs }, seen);
  assert.deepEqual([brief.isBrief, brief.seq, brief.author, brief.model.length], [true, 7, announcement.author, 0]);
  const shown = stages.shown(brief, announcement);
  assert.deepEqual([shown.isBrief, shown.firstSeenMs, shown.model], [false, 1.5, announcement.model]);
});

test("a candidate keeps its body only where that will be asked for", () => {
  const body = f32.forLayout({ tensors: [["w", [2]]], task: "" }).encode(Float32Array.of(1, 2));
  const fetched = stages.fetched(stages.announced(told(), seen), body);
  assert.equal(lookInto(fetched, codec, 100, true).body, body);
  assert.equal(lookInto(fetched, codec, 100, false).body, undefined);
});
