/** What is on disk when a cycle ends, and what must be settled before anything leaves. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { bytesOf, utf8 } from "../../../../protocol/base/bytes.ts";
import type { ArchivedBlob, StoreChange } from "../../../../protocol/base/seams.ts";
import type { Entry } from "../../../../protocol/log/entry/entry.ts";
import type { Settlement } from "../../../../protocol/peer/account/past.ts";
import { createParamsHash } from "../../../../protocol/peer/loop/params-hash.ts";
import { createSaving, type SavingOptions } from "../../../../protocol/peer/loop/saving.ts";
import { loadState } from "../../../../protocol/peer/loop/state.ts";
import { createPublications, createWayOut } from "../../../../protocol/peer/loop/way-out.ts";
import { rememberedMerges } from "../../../../protocol/peer/memory/history.ts";
import { createReports, type PeerEvent } from "../../../../protocol/peer/reports.ts";
import { diverged, type Merged, type Own, type Published } from "../../../../protocol/peer/stages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { createAuditedCrowd } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { collect, open } from "../../log/support.ts";

const hashOf = createParamsHash(nodeCrypto);
const START = Float32Array.of(1, 2);
const change = (key: string): StoreChange => ({ key, value: utf8(key) });

interface SceneOptions extends Partial<SavingOptions> {
  readonly settle?: () => Settlement;
}

async function scene({ settle, ...options }: SceneOptions = {}) {
  const store = createMemoryStore();
  const log = await open({ store });
  const archived: ArchivedBlob[][] = [];
  const saving = createSaving(
    {
      ...{ store, log, clock: { now: () => 4e12 } },
      archive: { put: async (mine, others = []) => void archived.push([...mine, ...others]) },
      past: settle && { settle: async () => settle() },
    },
    {
      ...{ saved: undefined, start: START, hashOf, explain: false, arrival: [] },
      ...{ takeChanges: () => [], archived: () => [] },
      ...options,
    },
  );
  const types = async () => (await collect(log.entries())).map(({ type }) => type);
  return { store, log, saving, archived, types };
}

const SAVED = { params: Float32Array.of(3, 4), serving: Float32Array.of(5, 6), age: 70, cycle: 7 };

function mergeOf(params: Float32Array): Merged {
  const body = { own: hashOf(START), base: hashOf(START), out: hashOf(params), rule: "median", age: 20, parents: [] };
  const own: Own = diverged({ params: START, age: 10 });
  const entry = { type: "aggregate", body } as const;
  return { params, age: 20, own, rule: "median", entry, fates: [], inputs: [] } as unknown as Merged;
}

describe("the model on disk", () => {
  it("is that of the last cycle, of which the state shows nothing before it is written", async () => {
    const { store, saving } = await scene();
    assert.deepEqual(saving.state(), { params: START, serving: START, age: 0, cycle: 0 });
    const params = Float32Array.of(7, 8);
    const writing = saving.alone({ params, age: 10 }, 1);
    assert.equal(saving.state().cycle, 0);
    await writing;
    const now = { params, serving: params, age: 10, cycle: 1 };
    assert.deepEqual(saving.state(), now);
    assert.deepEqual(await loadState(store, 2), now);
  });

  it("is served as a running mean of what came of the cycles", async () => {
    const { saving } = await scene({ saved: SAVED });
    await saving.alone({ params: Float32Array.of(15, 16), age: 80 }, 8);
    assert.deepEqual(saving.state().serving, Float32Array.of(8, 9));
  });

  it("is served as a mean that forgets as fast as the task says, down to the newest model", async () => {
    for (const [runningMean, served] of [
      [0.5, [10, 11]],
      [0, [15, 16]],
    ] as const) {
      const { saving, store } = await scene({ saved: SAVED, runningMean });
      await saving.alone({ params: Float32Array.of(15, 16), age: 80 }, 8);
      assert.deepEqual([...saving.state().serving], served);
      assert.deepEqual((await loadState(store, 2))?.serving, saving.state().serving, "and so it is on disk");
    }
  });

  it("comes with the entry of a merge, and with what was remembered of others, in one batch", async () => {
    const { store, log, saving, types } = await scene({ takeChanges: () => [change("witness/a")], explain: true });
    const batches: string[][] = [];
    const { write } = store;
    store.write = (changes) => {
      batches.push(changes.map(({ key }) => key));
      return write(changes);
    };
    await saving.merged(mergeOf(Float32Array.of(9, 9)), 1);
    assert.equal(batches.length, 1);
    const keys = batches[0] as string[];
    assert.ok(
      ["model/params", "witness/a", "log/e/0000000000000001"].every((key) => keys.includes(key)),
      `${keys}`,
    );
    assert.deepEqual(await types(), ["genesis", "aggregate"]);
    assert.equal(log.head().size, 2);
    assert.deepEqual(
      (await rememberedMerges(store)).map(({ rule }) => rule),
      ["median"],
    );
  });

  it("is remembered for people only where that is asked for", async () => {
    const { store, saving } = await scene();
    await saving.merged(mergeOf(START), 1);
    assert.deepEqual(await rememberedMerges(store), []);
  });

  it("has what an audit needs beside it: the base, and the body that was published", async () => {
    const blob = { hash: Uint8Array.of(1), bytes: Uint8Array.of(2) };
    const { saving, archived } = await scene({ archived: () => [blob] });
    await saving.merged(mergeOf(Float32Array.of(9, 9)), 1);
    assert.deepEqual(archived, [[blob, { hash: hashOf(START), bytes: bytesOf(START) }]]);
  });
});

describe("a start on an old log", () => {
  it("says once from which model it goes on", async () => {
    const { saving, types } = await scene({ saved: SAVED });
    assert.deepEqual([await saving.resume(), await saving.resume()], [true, true]);
    assert.deepEqual(await types(), ["genesis", "resume"]);
  });

  it("logs nothing, and is not at home in its store, as long as it is not settled how the log goes on", async () => {
    let settled: Settlement = "waiting";
    const { store, saving, types } = await scene({
      saved: SAVED,
      settle: () => settled,
      arrival: [change("node/place")],
    });
    assert.equal(await saving.resume(), false);
    await saving.alone({ params: START, age: 80 }, 8);
    assert.deepEqual(await types(), ["genesis"]);
    assert.equal(await store.get("node/place"), undefined);
    settled = "same log";
    assert.equal(await saving.resume(), true);
    await saving.alone({ params: START, age: 90 }, 9);
    assert.ok(await store.get("node/place"));
  });

  it("says again from which model it goes on in each new log; a new store has nothing to go on from", async () => {
    const { saving, types } = await scene({ saved: SAVED, settle: () => "new log" });
    for (let i = 0; i < 2; i++) await saving.resume();
    assert.deepEqual(await types(), ["genesis", "resume", "resume"]);
    const fresh = await scene();
    assert.equal(await fresh.saving.resume(), true);
    assert.deepEqual(await fresh.types(), ["genesis"]);
  });
});

/** What happens to what a training gave, in order. */
function wayOut(mayLog: boolean, isExact = true) {
  const done: string[] = [];
  const events: PeerEvent[] = [];
  const reports = createReports((event) => void events.push(event));
  const blob = { hash: Uint8Array.of(1), bytes: new Uint8Array(8) };
  const published = {
    announcement: Uint8Array.of(9),
    entry: { seq: 2 } as Entry,
    encoded: { hash: blob.hash, body: blob.bytes, isExact, released: { trained: { age: 10, params: START } } },
    trained: hashOf(START),
  } as unknown as Published;
  const publications = createPublications(
    {
      shelf: { offer: () => void done.push("served") },
      archive: { put: async () => void done.push("archived") },
      tell: async (sealed) => void done.push(`announced ${sealed[0]}`),
      reports,
    },
    { published: ({ seq }, sealed) => void done.push(`entry ${seq} of ${sealed[0]} at hand`) },
  );
  const send = createWayOut({
    saving: { resume: async () => done.push("resumed") > 0 && mayLog },
    async publisher() {
      done.push("logged");
      return published;
    },
    publications,
  });
  return { send, done, events, publications, reports, blob };
}

describe("the way out", () => {
  it("serves and announces a model once it is in the log", async () => {
    const { send, done, events, publications, reports, blob } = wayOut(true);
    assert.equal(publications.latest(), undefined);
    assert.equal(await send({ kind: "trained" } as Own, false), true);
    assert.deepEqual(done, ["resumed", "logged", "archived", "served", "entry 2 of 9 at hand", "announced 9"]);
    assert.deepEqual(events, [{ kind: "published", model: blob.hash, age: 10, bytes: 8 }]);
    assert.deepEqual(publications.latest(), Uint8Array.of(9));
    assert.deepEqual(publications.archived(), [blob]);
    assert.equal(reports.counters.published, 1);
  });

  it("keeps the trained parameters beside a body that does not hold them to the bit", async () => {
    const { send, publications, blob } = wayOut(true, false);
    await send({ kind: "trained" } as Own, false);
    assert.deepEqual(publications.archived(), [blob, { hash: hashOf(START), bytes: bytesOf(START) }]);
  });

  it("keeps a quiet training in log and archive, and tells nobody", async () => {
    const { send, done, events, publications, blob } = wayOut(true);
    assert.equal(await send({ kind: "trained" } as Own, true), true);
    assert.deepEqual(done, ["resumed", "logged", "archived"]);
    assert.deepEqual([publications.latest(), publications.archived(), events], [undefined, [blob], []]);
  });

  it("lets nothing leave of a training that diverged, or before it is settled how the log goes on", async () => {
    const after = wayOut(true);
    assert.equal(await after.send(diverged({ params: START, age: 0 }), false), true);
    assert.deepEqual(after.done, ["resumed"]);
    const waiting = wayOut(false);
    assert.equal(await waiting.send({ kind: "trained" } as Own, false), false);
    assert.deepEqual(waiting.done, ["resumed"]);
  });
});

it("peers predict with the newest model where a task keeps nothing of the running mean, else with a mean of several", async () => {
  for (const runningMean of [0, undefined]) {
    const task = blobTask({ training: { steps: 5, ...(runningMean !== undefined && { runningMean }) } });
    const { crowd, join } = createAuditedCrowd(task, 0);
    for (let i = 0; i < 4; i++) await join(i, { trainMs: 200 });
    await crowd.run(1500);
    for (const { peer } of crowd.members) {
      assert.ok(peer.status().counters.merges > 2);
      const isNewest = peer.serving().every((value, i) => value === peer.current()[i]);
      assert.equal(isNewest, runningMean === 0);
    }
  }
});
