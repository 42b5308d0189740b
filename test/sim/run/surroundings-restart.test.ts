/** Simulated devices that lose power at any moment: what is on their store is one log, and their successors go on with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { storedEntries } from "../../../protocol/log/stored/reading.ts";
import { verifyLog } from "../../../protocol/log/verify/verify.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { type RunningPeer, startPeer } from "../../../sim/seams/peer.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { contentOf, entriesIn, identityOf } from "../../support/crowd.ts";

const PEERS = 4;
const TRAIN_MS = 100;
const KILLS = 15;
const task = blobTask({ aggregation: { quorum: 2 } });

/** A world in which any peer can be started on its store at any time. */
function world() {
  const clock = createVirtualClock();
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions: constantLatency(5) });
  const rng = createRng("restarts");
  const members = Array.from({ length: PEERS }, (_, i) => ({ identity: identityOf(i), store: createMemoryStore() }));
  const fits: number[] = members.map(() => 0);
  let starts = 0;

  async function start(i: number, observe: (event: PeerEvent) => void = () => {}): Promise<RunningPeer> {
    const { identity, store } = members[i] as (typeof members)[number];
    const trainer = createDenseTrainer({ task, train: blobs(60, i) });
    const running = await startPeer({
      task,
      clock,
      crypto: nodeCrypto,
      identity,
      store,
      transport: network.join(identity.peerId),
      trainer: {
        ...trainer,
        fit(request) {
          fits[i] = (fits[i] as number) + 1;
          return trainer.fit(request);
        },
      },
      rng: rng.fork(starts++),
      trainMs: () => TRAIN_MS + 7 * i,
      minCycleMs: 1,
      proofs: false, // as in experiments without signatures
      observe,
    });
    for (const other of members) network.connect(identity.peerId, other.identity.peerId);
    return running;
  }

  return {
    clock,
    start,
    fits,
    leave: (i: number) => network.leave((members[i] as (typeof members)[number]).identity.peerId),
    store: (i: number): Store => (members[i] as (typeof members)[number]).store,
    peerId: (i: number): string => (members[i] as (typeof members)[number]).identity.peerId,
  };
}

test("a device that dies again and again keeps one log that verifies, and never goes back", async () => {
  const { clock, start, leave, store, peerId } = world();
  for (let i = 1; i < PEERS; i++) await start(i);
  const rng = createRng("deaths");
  const seen = new Map<number, string>();
  let [age, cycle, resumes] = [0, 0, 0];
  for (let kill = 0; kill < KILLS; kill++) {
    const mortal = await start(0);
    const status = mortal.peer.status();
    assert.deepEqual([status.age >= age, status.cycle >= cycle], [true, true], `age ${status.age} after ${age}`);
    const size = mortal.peer.status().logSize;
    await clock.run(clock.now() + 1 + rng.below(6 * TRAIN_MS));
    for (const { seq, id } of await entriesIn(store(0))) {
      assert.equal(seen.get(seq) ?? toHex(id), toHex(id), `entry ${seq} was replaced`);
      seen.set(seq, toHex(id));
    }
    const { logSize } = mortal.peer.status();
    if (cycle > 0 && logSize > size) resumes++; // the first entry of a life, once it has trained
    ({ age, cycle } = mortal.peer.status());
    const left = await contentOf(store(0));
    mortal.kill();
    leave(0);
    await clock.run(clock.now() + rng.below(3 * TRAIN_MS)); // its trainings would end meanwhile
    assert.deepEqual(await contentOf(store(0)), left, "the dead peer wrote");
  }
  const entries = await entriesIn(store(0));
  assert.equal(entries.filter(({ type }) => type === "resume").length, resumes);
  assert.ok(cycle > KILLS && entries.some(({ type }) => type === "aggregate"), `${cycle} cycles`);
  const options = { crypto: nodeCrypto, peer: peerId(0), task: nodeCrypto.sha256(encodeTask(task)) };
  const { ok, firstBad } = await verifyLog(storedEntries(store(0)), options);
  assert.ok(ok, firstBad?.message);
});

test("a training under way when the device dies ends for nobody, and the successor does it again", async () => {
  const { clock, start, leave, store, fits } = world();
  const events: string[] = [];
  const first = await start(0, ({ kind }) => events.push(kind));
  await clock.run(2.5 * TRAIN_MS);
  const [before, trained] = [await contentOf(store(0)), events.length];
  assert.equal(fits[0], 2);
  first.kill();
  leave(0);
  await clock.run(5 * TRAIN_MS);
  assert.deepEqual([fits[0], events.length], [2, trained]);
  assert.deepEqual(await contentOf(store(0)), before);
  const second = await start(0);
  await clock.run(6.5 * TRAIN_MS);
  assert.equal(fits[0], 3);
  assert.equal(second.peer.status().cycle, 3);
});
