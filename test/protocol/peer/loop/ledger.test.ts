/** Budgets of privacy: charged before a training, never smaller, and the end of trainings and not of merges. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Archive, Store } from "../../../../protocol/base/seams.ts";
import { isSpent, RATE_ONE, type Spent } from "../../../../protocol/base/spent.ts";
import { RECORDS } from "../../../../protocol/base/store-layout.ts";
import type { Task } from "../../../../protocol/base/task.ts";
import type { Ledger } from "../../../../protocol/peer/loop/ledger.ts";
import { openLedger } from "../../../../protocol/peer/loop/ledger.ts";
import type { PeerEvent } from "../../../../protocol/peer/reports.ts";
import { dpSgd } from "../../../../protocol/privacy/dp-sgd.ts";
import { epsilonSpent, stepsSpent } from "../../../../protocol/privacy/spent.ts";
import { decodeRecord } from "../../../../protocol/wire/records.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { audit, createAuditedCrowd } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { contentOf, createCrowd, entriesOf, type Member } from "../../../support/crowd.ts";

const STEPS = 5;
const AT_HOME = { place: { moved: false, changes: [] } };
const MOVED = { place: { moved: true, changes: [{ key: "node/place", value: new Uint8Array(1) }] } };

function privateTask(privacy: Record<string, unknown> = {}): Task {
  const terms = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1.2, maxEpsilon: 50, ...privacy };
  return blobTask({ training: { steps: STEPS, batch: 16 }, aggregation: { rule: "median" }, privacy: terms });
}

async function storedSpent(store: Store): Promise<Spent> {
  const [spent] = decodeRecord(await store.get("privacy/spent"), RECORDS["privacy/spent"]) ?? [];
  assert.ok(isSpent(spent));
  return spent;
}

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

const stepsOf = ({ peer }: Member) => peer.status().privacy?.steps ?? 0;
const countOf = ({ events }: Member, kind: PeerEvent["kind"]) => events.filter((event) => event.kind === kind).length;

for (const mechanism of ["dp-sgd", "gaussian-update"])
  describe(`peers under ${mechanism}`, () => {
    it("learn and merge, and their logs say what was spent: an audit accounts for it again", async () => {
      const task = privateTask({ mechanism, ...(mechanism === "gaussian-update" && { clipNorm: 0.1 }) });
      const { crowd, archives, join } = createAuditedCrowd(task);
      for (let i = 0; i < 4; i++) await join(i);
      await crowd.run(2500);
      for (const [i, member] of crowd.members.entries()) {
        const { counters, privacy } = member.peer.status();
        assert.ok(counters.merges > 3);
        const report = await audit(await entriesOf(member), task, (archives[i] as Archive).get);
        assert.equal(report.firstLie, undefined);
        assert.ok(report.tallies.train.claimed > 3 && report.tallies.publish.proved > 3);
        assert.equal(report.tallies.train.proved, 0);
        const { steps = 0, epsilon = 0 } = report.privacy ?? {};
        assert.equal(report.privacy?.mechanism, mechanism);
        assert.ok(steps <= stepsOf(member) && steps > 0, `${steps} in the log, ${stepsOf(member)} charged`);
        assert.ok(epsilon > 0 && epsilon <= (privacy?.epsilon ?? 0));
      }
    });
  });

describe("a budget that is spent", () => {
  it("ends trainings and publications, not merges and predictions; the peer says so once", async () => {
    const task = privateTask({ maxEpsilon: 3, noiseMultiplier: 2.5 });
    const crowd = createCrowd({ task, minCycleMs: 200 });
    for (let i = 0; i < 2; i++) await crowd.join(i, { trainMs: 50 });
    await crowd.run(3000);
    for (let i = 2; i < 8; i++) await crowd.join(i, { trainMs: 400 });
    const [first] = crowd.members as [Member];
    const status = first.peer.status();
    const before = { ...status, counters: { ...status.counters } };
    assert.equal(before.privacy?.state, "spent");
    assert.ok((before.privacy?.epsilon ?? 9) <= 3);
    const spent = stepsOf(first);
    await crowd.run(3000);
    const after = first.peer.status();
    assert.equal(stepsOf(first), spent);
    assert.equal(after.counters.published, before.counters.published);
    assert.ok(after.counters.merges > before.counters.merges, "it merges what others publish");
    const told = first.events.filter((event) => event.kind === "budget");
    assert.deepEqual(
      told.map(({ state }) => state),
      ["open", "spent"],
    );
    assert.ok(((await first.peer.evaluate("train")).accuracy ?? 0) > 0.3);
    const log = await entriesOf(first);
    const report = await audit(log, task, async () => undefined);
    assert.equal(report.firstLie, undefined, "merges without a training are what a log may say");
  });

  it("has cycles as long as those before, and not one after the other at once", async () => {
    const crowd = createCrowd({ task: privateTask({ maxEpsilon: 4 }), minCycleMs: 1 });
    const lone = await crowd.join(0, { trainMs: 100 });
    await crowd.run(1000);
    const { cycle } = lone.peer.status();
    assert.equal(lone.peer.status().privacy?.state, "spent");
    await crowd.run(1000);
    assert.ok(lone.peer.status().cycle - cycle <= 11, `${lone.peer.status().cycle - cycle} cycles in a second`);
  });
});

describe("a budget", () => {
  it("is on disk before the training that it pays for: a kill at any moment loses nothing of it", async () => {
    const task = privateTask();
    const crowd = createCrowd({ task, minCycleMs: 100 });
    const store = createMemoryStore();
    let trained = 0;
    let least = 0;
    for (let life = 0; life < 12; life++) {
      const member = await crowd.join(0, {
        ...{ store, trainMs: 70, ...AT_HOME },
        wrapTrainer: (trainer) => ({
          ...trainer,
          async fit(request) {
            trained += request.steps;
            assert.ok(stepsSpent(await storedSpent(store)) >= trained, "charged first");
            return trainer.fit(request);
          },
        }),
      });
      await crowd.run(130 + 37 * life);
      member.kill();
      const now = (await store.get("privacy/spent")) === undefined ? 0 : stepsSpent(await storedSpent(store));
      assert.ok(now >= least && now >= trained, `${now} after ${least}, ${trained} trained`);
      least = now;
      crowd.world.network.leave(member.peerId);
    }
    assert.ok(trained > 0);
  });

  /** Five peers; the first runs ten seconds, of which the backup is from the sixth. */
  async function scene() {
    const crowd = createCrowd({ task: privateTask({ maxEpsilon: 200 }) });
    for (let i = 0; i < 5; i++) await crowd.join(i);
    await crowd.run(6_100);
    const [first, ...others] = crowd.members as [Member, ...Member[]];
    const backup = await copyOf(first.store);
    await crowd.run(4_000);
    first.kill();
    const spent = stepsOf(first);
    const { network } = crowd.world;
    network.leave(first.peerId);
    await crowd.run(500);
    const connect = () => {
      for (const { peerId } of others) network.connect(first.peerId, peerId);
    };
    const alone = async (store: Store, changes: object) => {
      const member = await crowd.join(0, { store, ...changes });
      for (const { peerId } of others) network.disconnect(first.peerId, peerId);
      return member;
    };
    return { crowd, backup, first, spent, connect, alone };
  }

  for (const [what, changes] of [
    ["a machine that was set back", AT_HOME],
    ["a copied directory", MOVED],
    ["a backup, and nothing says so", {}],
  ] as const)
    it(`of ${what} is what neighbours know of it, before anything is trained`, async () => {
      const { crowd, backup, spent, connect, alone } = await scene();
      const member = await alone(backup, changes);
      await crowd.run(7_000);
      assert.equal(countOf(member, "trained"), 0, "nobody has told yet what was spent");
      connect();
      await crowd.run(8_000);
      assert.ok(member.peer.status().generation > 0);
      assert.ok(countOf(member, "trained") > 2);
      const now = stepsOf(member);
      const own = countOf(member, "trained") * STEPS;
      // the last training of before may have been charged and not announced
      assert.ok(now >= spent - STEPS + own, `${now}, where ${spent} were spent before and ${own} since`);
      const told = (await entriesOf(member)).flatMap((entry) => (entry.type === "train" ? [entry.body] : []));
      const statements = told.map(({ privacy }) => stepsSpent(privacy?.spent ?? []));
      assert.ok((statements.at(-1) ?? 0) >= spent - STEPS, "and the new log says so");
    });

  it("of a copied directory stays unknown where nobody knows this peer, and nothing is trained, after a restart either", async () => {
    const { backup } = await scene();
    const elsewhere = createCrowd({ task: privateTask({ maxEpsilon: 200 }) });
    for (let i = 5; i < 8; i++) await elsewhere.join(i);
    const member = await elsewhere.join(0, { store: backup, ...MOVED });
    await elsewhere.run(6_000);
    assert.equal(member.peer.status().privacy?.state, "unknown");
    assert.ok(member.peer.status().counters.merges > 0, "it merges what it hears");
    member.kill();
    elsewhere.world.network.leave(member.peerId);
    const again = await elsewhere.join(0, { store: backup, ...AT_HOME });
    await elsewhere.run(40_000);
    assert.equal(countOf(again, "trained"), 0);
    assert.equal(again.peer.status().privacy?.state, "unknown");
  });

  it("of two copies that run at once counts the trainings of both, once they hear of each other", async () => {
    const { crowd, backup, connect, alone, spent } = await scene();
    const one = await alone(await copyOf(backup), MOVED);
    connect();
    await crowd.run(6_000);
    one.kill();
    crowd.world.network.leave(one.peerId);
    const first = countOf(one, "trained") * STEPS;
    const other = await alone(await copyOf(backup), MOVED);
    connect();
    await crowd.run(6_000);
    const second = countOf(other, "trained") * STEPS;
    assert.ok(first > 0 && second > 0);
    assert.ok(stepsOf(other) >= spent + first + second - 2 * STEPS);
  });
});

describe("the ledger", () => {
  const terms = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, maxEpsilon: 10 };
  const kind = { rate: RATE_ONE / 16, noise: 1000 };

  async function open(store: Store, changes: { hasPast?: boolean; hasWitnesses?: boolean } = {}): Promise<Ledger> {
    const options = { budget: dpSgd.budget, terms, kind, stepsOfTraining: 10, hasPast: false, hasWitnesses: true };
    return openLedger({ store, reports: { tell: () => {} } }, { ...options, ...changes });
  }

  const of = (steps: number): Spent => [[kind.rate, kind.noise, steps]];
  let entries = 0;
  const newEntry = () => Uint8Array.of(entries++);
  /** As a copy of this peer announced it. */
  const announced = (steps: number) => ({ entry: newEntry(), spent: of(steps) });

  it("adds what was charged since the start to what others tell, for they may tell of a copy", async () => {
    const store = createMemoryStore();
    const ledger = await open(store);
    for (let i = 0; i < 3; i++) assert.ok(await ledger.charge(10));
    ledger.heard(announced(50));
    assert.equal(ledger.status().steps, 80);
    ledger.heard(announced(20));
    assert.equal(ledger.status().steps, 80, "it does not shrink");
    assert.ok(await ledger.charge(10));
    assert.equal((await open(store)).status().steps, 90, "and is on disk with the next charge");
  });

  it("does not count twice what it announced itself, and counts what a copy announced of as many steps", async () => {
    const ledger = await open(createMemoryStore());
    const entry = newEntry();
    for (let i = 0; i < 3; i++) assert.ok(await ledger.charge(10));
    ledger.published(entry);
    assert.ok(await ledger.charge(10));
    ledger.heard({ entry, spent: of(30) });
    assert.equal(ledger.status().steps, 40);
    ledger.heard(announced(30));
    assert.equal(ledger.status().steps, 70);
  });

  it("writes down what it heard even where it charges nothing more", async () => {
    const store = createMemoryStore();
    const ledger = await open(store);
    ledger.heard(announced(1_000_000));
    assert.equal(await ledger.charge(10), false);
    assert.equal((await open(store)).status().state, "spent");
  });

  it("charges nothing beyond the task's epsilon, to the last step", async () => {
    const ledger = await open(createMemoryStore());
    let charges = 0;
    while (await ledger.charge(10)) charges++;
    const most = terms.maxEpsilon * 1e6;
    assert.ok(charges > 0);
    assert.ok(epsilonSpent(of(10 * charges), terms.delta) <= most);
    assert.ok(epsilonSpent(of(10 * (charges + 1)), terms.delta) > most);
  });

  it("knows nothing where the log has a past and the record is gone, or damaged, until somebody tells", async () => {
    for (const value of [undefined, new Uint8Array([1, 2, 3])]) {
      const store = createMemoryStore();
      if (value !== undefined) await store.write([{ key: "privacy/spent", value }]);
      const ledger = await open(store, { hasPast: true });
      assert.equal(await ledger.charge(10), false);
      assert.equal(ledger.status().state, "unknown");
      ledger.heard(announced(30));
      assert.ok(await ledger.charge(10));
      assert.equal(ledger.status().steps, 40);
    }
  });

  it("is not made sure by an announcement older than the store", async () => {
    const store = createMemoryStore();
    const before = await open(store);
    for (let i = 0; i < 5; i++) {
      await before.charge(10);
      before.published(newEntry());
    }
    const moved = await open(store, { hasPast: true });
    moved.heard(announced(10));
    moved.begunAnew(true, false);
    assert.equal(moved.status().state, "unknown");
    moved.heard(announced(40));
    assert.equal(moved.status().state, "open");
    assert.equal(moved.status().steps, 50);
  });

  it("of a peer whose trainings are not announced goes on where the store is where it was left, and nowhere else", async () => {
    const cohorts = { hasPast: true, hasWitnesses: false };
    for (const [isMoved, isTold, state] of [
      [false, false, "open"],
      [false, true, "unknown"],
      [true, false, "unknown"],
      [undefined, false, "unknown"],
    ] as const) {
      const store = createMemoryStore();
      const before = await open(store, { hasWitnesses: false });
      for (let i = 0; i < 3; i++) await before.charge(10);
      const ledger = await open(store, cohorts);
      ledger.begunAnew(isMoved, isTold);
      ledger.heard(announced(50));
      assert.equal(ledger.status().state, state, `moved: ${isMoved}, told: ${isTold}`);
      assert.equal(await ledger.charge(10), state === "open");
      assert.equal((await open(store, cohorts)).status().state, state, "after a restart too");
    }
  });
});
