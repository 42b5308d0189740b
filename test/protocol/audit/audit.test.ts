import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { AuditReport } from "../../../protocol/audit/audit.ts";
import { createMeter } from "../../../protocol/audit/work-budget.ts";
import { compareBytes, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import type { Archive } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import type { AggregateBody, Parent } from "../../../protocol/log/entry/bodies.ts";
import type { Entry } from "../../../protocol/log/entry/entry.ts";
import { type Draft, openLog } from "../../../protocol/log/stored/chain.ts";
import type { Mechanism } from "../../../protocol/privacy/mechanism.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { signFlip } from "../../../sim/attacks/sign-flip.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { AUDITED_RULES, audit, createAuditedCrowd } from "../../support/audits.ts";
import { blobTask } from "../../support/blobs.ts";
import { entriesOf, identityOf } from "../../support/crowd.ts";

/** Nothing refuted and nothing missing. */
function assertComplete(report: AuditReport): void {
  assert.equal(report.firstLie, undefined);
  for (const [type, { missing, refuted }] of Object.entries(report.tallies))
    assert.deepEqual({ type, missing, refuted }, { type, missing: 0, refuted: 0 });
}

describe("an audit with the peer's own archive", () => {
  for (const aggregation of AUDITED_RULES) {
    it(`proves every entry of every peer, the liar's too: ${JSON.stringify(aggregation)}`, async () => {
      const task = blobTask({ aggregation: { inboxSize: 4, memory: 6, ...aggregation } });
      const { crowd, archives, join } = createAuditedCrowd(task);
      for (let i = 0; i < 7; i++) await join(i, i === 0 ? { wrapTrainer: signFlip } : {});
      await crowd.run(4_000);
      let merges = 0;
      for (const [i, member] of crowd.members.entries()) {
        const report = await audit(await entriesOf(member), task, (archives[i] as Archive).get);
        assertComplete(report);
        assert.equal(report.tallies.train.claimed, report.tallies.publish.proved);
        assert.equal(report.tallies.aggregate.proved, member.peer.status().counters.merges);
        merges += report.tallies.aggregate.proved;
      }
      assert.ok(merges > 60, `${merges} merges`);
    });
  }

  for (const codec of ["int8", "int4"]) {
    it(`proves every entry where bodies are of ${codec}, which loses bits`, async () => {
      const task = blobTask({ codec });
      const { crowd, archives, join } = createAuditedCrowd(task);
      for (let i = 0; i < 4; i++) await join(i);
      await crowd.run(3_000);
      for (const [i, member] of crowd.members.entries()) {
        const report = await audit(await entriesOf(member), task, (archives[i] as Archive).get);
        assertComplete(report);
        assert.ok(report.tallies.publish.proved > 5 && report.tallies.aggregate.proved > 5, JSON.stringify(report));
        const { counters } = member.peer.status();
        assert.equal(report.tallies.aggregate.proved, counters.merges);
      }
    });
  }

  it("believes a peer whose trainings change no bit of the initial parameters, and calls trainings claims", async () => {
    const task = blobTask();
    const { crowd, archives, join } = createAuditedCrowd(task);
    const idle = (trainer: Trainer): Trainer => ({
      ...trainer,
      fit: async ({ params }) => ({ params: params.slice(), loss: 1 }),
    });
    const member = await join(0, { wrapTrainer: idle });
    await crowd.run(2_000);
    const report = await audit(await entriesOf(member), task, (archives[0] as Archive).get);
    assertComplete(report);
    assert.ok(report.tallies.train.claimed > 3, JSON.stringify(report.tallies));
    assert.equal(report.tallies.train.proved, 0);
  });

  it("proves what a late joiner, a restarted peer and one whose training diverges write", async () => {
    const task = blobTask({ aggregation: { rule: "median" }, staleness: { cutoff: 3 } });
    const { crowd, archives, join } = createAuditedCrowd(task);
    let trainings = 0;
    const diverging = (trainer: Trainer): Trainer => ({
      ...trainer,
      async fit(request) {
        const { params, loss } = await trainer.fit(request);
        if (++trainings % 3 === 0) params[7] = Number.NaN;
        return { params, loss };
      },
    });
    for (let i = 0; i < 4; i++) await join(i, i === 0 ? { wrapTrainer: diverging } : {});
    await crowd.run(6_000);
    const late = await join(4, { trainMs: 500, configured: crowd.members.map(({ peerId }) => peerId) });
    await crowd.run(4_000);
    const [, second] = crowd.members;
    assert.ok(second);
    second.peer.stop();
    await crowd.run(1_000);
    const restarted = await join(1, { store: second.store });
    await crowd.run(4_000);
    const all = [...crowd.members.filter((member) => member !== second)];
    for (const member of all) {
      const number = [0, 1, 2, 3, 4].find((n) => identityOf(n).peerId === member.peerId) as number;
      assertComplete(await audit(await entriesOf(member), task, (archives[number] as Archive).get));
    }
    const types = (await entriesOf(restarted)).map(({ type }) => type);
    assert.equal(types.filter((type) => type === "resume").length, 1);
    const lates = (await entriesOf(late)).flatMap((entry) => (entry.type === "aggregate" ? [entry.body.rule] : []));
    assert.deepEqual(lates.slice(0, 2), ["catch-up", "median"]);
    const named = (await entriesOf(restarted)).flatMap((entry) =>
      entry.type === "aggregate" ? entry.body.parents : [],
    );
    assert.ok(
      named.some(([, , , weight, status]) => weight === 0 && status === "removed"),
      "too stale ones are named",
    );
    const first = await entriesOf(crowd.members[0] as (typeof all)[number]);
    assert.ok(first.some(({ type }, i) => type === "aggregate" && first[i - 1]?.type === "aggregate"));
  });
});

describe("an audit of a rule that draws lots", () => {
  const task = blobTask({ aggregation: { rule: "bucketing+median", inboxSize: 6, quorum: 3 } });
  const isMerge = (entry: Entry) => entry.type === "aggregate";

  async function logged() {
    const { crowd, archives, join } = createAuditedCrowd(task);
    for (let i = 0; i < 7; i++) await join(i);
    await crowd.run(3_000);
    const entries = await entriesOf(crowd.members[0] as (typeof crowd.members)[number]);
    return { entries, find: (archives[0] as Archive).get };
  }

  /** The log with other merges; audits look at no signature of an entry, which verification has done before. */
  const changed = (entries: readonly Entry[], change: (body: AggregateBody) => AggregateBody) =>
    entries.map((entry) => (entry.type === "aggregate" ? { ...entry, body: change(entry.body) } : entry)) as Entry[];

  it("draws each again by the writer's signature in the entry, which nobody else could make before", async () => {
    const { entries, find } = await logged();
    const merges = entries.filter(isMerge);
    assert.ok(merges.length > 5);
    const lots = merges.map(({ body }) => toHex((body as AggregateBody).lot ?? new Uint8Array()));
    assert.equal(new Set(lots).size, merges.length);
    assert.ok(lots.every((lot) => lot.length === 128));
    assertComplete(await audit(entries, task, find));
  });

  it("refutes a lot that the writer did not sign for that model", async () => {
    const { entries, find } = await logged();
    const [first] = entries.filter(isMerge).map(({ body }) => body as AggregateBody);
    const flipped = first?.lot?.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    for (const lot of [flipped, entries.filter(isMerge).at(-1)?.body.lot]) {
      const lie = changed(entries, (body) => (body.out === first?.out && lot ? { ...body, lot } : body));
      const { firstLie } = await audit(lie, task, find);
      assert.match(firstLie?.reason ?? "", /lot/);
    }
  });

  it("of a log from before lots were signed draws by the own parameters, as it was done then", async () => {
    const { entries, find } = await logged();
    const before = changed(entries, ({ lot, ...body }) => body);
    const { firstLie } = await audit(before, task, find);
    assert.match(firstLie?.reason ?? "", /re-execution gives another model/, "these were drawn by their lots");
  });
});

describe("an audit", () => {
  const task = blobTask({ aggregation: { rule: "weighted-median", inboxSize: 4, memory: 6 } });
  let honest: Entry[];
  let archive: Archive;
  /** Number of the aggregate that is lied about, in the middle of the log. */
  let at: number;
  before(async () => {
    const { crowd, archives, join } = createAuditedCrowd(task);
    for (let i = 0; i < 6; i++) await join(i);
    await crowd.run(5_000);
    honest = await entriesOf(crowd.members[2] ?? assert.fail());
    archive = archives[2] ?? assert.fail();
    at = honest.findIndex(({ type }, i) => type === "aggregate" && i > honest.length / 2);
  });

  /** The log of somebody who signs the same entries but for one: its chain and signatures hold. */
  async function rewritten(lieAt: number, lie: (draft: Draft) => Draft): Promise<Entry[]> {
    const log = await openLog({
      store: createMemoryStore(),
      identity: identityOf(2),
      crypto: nodeCrypto,
      clock: { now: () => 0, monotonicMs: () => 0, after: () => () => {} },
      taskId: nodeCrypto.sha256(encodeTask(task)),
      agent: "hearsay-test/1",
    });
    const drafts = honest.slice(1).map(({ type, body }) => ({ type, body }) as Draft);
    await log.append(drafts.map((draft, i) => (i + 1 === lieAt ? lie(draft) : draft)));
    const entries: Entry[] = [];
    for await (const entry of log.entries()) entries.push(entry);
    return entries;
  }

  const lieOf = async (lieAt: number, lie: (draft: Draft) => Draft, find = archive.get, of: Task = task) =>
    (await audit(await rewritten(lieAt, lie), of, find)).firstLie;

  const inAggregate =
    (change: (body: AggregateBody) => Partial<AggregateBody>) =>
    (draft: Draft): Draft => {
      assert.ok(draft.type === "aggregate");
      return { type: "aggregate", body: { ...draft.body, ...change(draft.body) } };
    };

  const firstParent = (change: (parent: Parent) => Parent) =>
    inAggregate(({ parents: [first, ...rest] }) => ({ parents: [change(first as Parent), ...rest] }));

  it("proves the same log where nothing was changed", async () => {
    assertComplete(await audit(await rewritten(-1, (draft) => draft), task, archive.get));
  });

  const lies: readonly [claim: string, lie: (draft: Draft) => Draft, reason: RegExp][] = [
    ["another result", inAggregate(({ own }) => ({ out: own })), /re-execution gives another model/],
    [
      "a parent that was left out",
      inAggregate(({ parents }) => ({ parents: parents.slice(1) })),
      /re-execution|makes|staleness/,
    ],
    [
      "a parent that became another peer's",
      inAggregate(({ parents }) => ({
        parents: parents.map((parent, i) =>
          i === 0 ? [parent[0], (parents[1] as Parent)[1], ...parent.slice(2)] : parent,
        ) as unknown as Parent[],
      })),
      /counted twice/,
    ],
    [
      "another status",
      firstParent(([peer, model, age, weight]) => [peer, model, age, weight, "clipped"]),
      /word for parent 0/,
    ],
    ["a weight below the least", firstParent(([p, m, a, , s]) => [p, m, a, 1, s]), /not what staleness gives/],
    ["a weight between two cycles", firstParent(([p, m, a, w, s]) => [p, m, a, w - 3, s]), /not what staleness gives/],
    ["an older parent at full weight", firstParent(([p, m, a, w, s]) => [p, m, a - 25, w, s]), /staleness|makes/],
    ["a model that was invalid after all", firstParent(([p, m, a, w]) => [p, m, a, w, "invalid"]), /contradict/],
    ["parents in another order", inAggregate(({ parents }) => ({ parents: [...parents].reverse() })), /out of order/],
    ["an age of its own", inAggregate(({ age }) => ({ age: age + 5 })), /age \d+; that of own and parents makes/],
    ["another rule", inAggregate(() => ({ rule: "mean" })), /rule mean, where the task says weighted-median/],
    ["a catch-up in the middle", inAggregate(() => ({ rule: "catch-up" })), /rule catch-up/],
    ["another own model", inAggregate(({ out }) => ({ own: out })), /another model than the log had come to/],
    ["another base", inAggregate(({ out }) => ({ base: out })), /base/],
    ["no base", inAggregate(() => ({ base: null })), /base/],
    ["no parents", inAggregate(() => ({ parents: [] })), /quorum/],
  ];
  for (const [claim, lie, reason] of lies) {
    it(`finds ${claim} in an aggregate`, async () => {
      const found = await lieOf(at, lie);
      assert.equal(found?.seq, at);
      assert.equal(found.type, "aggregate");
      assert.match(found.reason, reason);
    });
  }

  it("finds a training from another model, of other steps, or that aged by more than its steps", async () => {
    const train = honest.findIndex(({ type }, i) => type === "train" && i > at);
    const changes = [{ in: new Uint8Array(32) }, { steps: 50 }, { age: 1_000_000 }];
    for (const change of changes) {
      const found = await lieOf(train, (draft) => ({ ...draft, body: { ...draft.body, ...change } }) as Draft);
      assert.deepEqual([found?.seq, found?.type], [train, "train"]);
    }
  });

  it("finds a published body that is not what was trained, even where the body is gone", async () => {
    const publish = honest.findIndex(({ type }, i) => type === "publish" && i > at);
    const other = honest.find(({ type }) => type === "publish") as Extract<Entry, { type: "publish" }>;
    const lie = (draft: Draft) => ({ ...draft, body: { ...draft.body, model: other.body.model } }) as Draft;
    assert.match((await lieOf(publish, lie))?.reason ?? "", /other parameters than the training gave/);
    const changes = [
      { age: 0 },
      { bytes: 7 },
      { codec: "q8" },
      { trained: new Uint8Array(32) },
      { mass: 2 },
      { shared: Uint8Array.of(0) },
      { mechanism: "unheard-of" },
    ];
    for (const change of changes) {
      const found = await lieOf(publish, (draft) => ({ ...draft, body: { ...draft.body, ...change } }) as Draft);
      assert.deepEqual([found?.seq, found?.type], [publish, "publish"]);
    }
  });

  it("calls a publication claimed, not proved and no lie, where its mechanism draws in secret", async () => {
    const noise: Mechanism = { name: "noise", isRepeatable: false, release: (params) => params };
    const mechanisms = new Map([[noise.name, noise]]);
    const noisy = honest.map((entry) =>
      entry.type === "publish" ? { ...entry, body: { ...entry.body, mechanism: noise.name } } : entry,
    );
    const { tallies, firstLie } = await audit(noisy, task, archive.get, { mechanisms });
    assert.equal(firstLie, undefined);
    assert.deepEqual([tallies.publish.proved, tallies.publish.claimed > 3], [0, true]);
    const without = await audit(noisy, task, async () => undefined, { mechanisms });
    assert.equal(without.tallies.publish.claimed, 0);
    assert.equal(without.tallies.publish.missing, tallies.publish.claimed);
  });

  it("ends where its budget does, says which part was spent, and keeps what it found until then", async () => {
    const ample = { entries: 1e9, bytes: 1e12, seconds: 1e9 };
    const audited = (part: object) => {
      let nowMs = 0;
      const meter = createMeter({ ...ample, ...part }, () => nowMs++);
      return audit(honest, task, archive.get, { meter });
    };
    assert.deepEqual(await audited({}), await audit(honest, task, archive.get));
    const short = await audited({ entries: at });
    assert.deepEqual([short.entries, short.spent], [at, "entries"]);
    assert.ok(short.tallies.publish.proved > 0);
    for (const [part, spent] of [
      [{ bytes: 2000 }, "bytes"],
      [{ seconds: 0.02 }, "seconds"],
    ] as const) {
      const report = await audited(part);
      assert.deepEqual([report.spent, report.entries < honest.length], [spent, true]);
    }
  });

  it("judges publications of version 1 as those of a mechanism that changes nothing", async () => {
    const old = honest.map((entry) => {
      if (entry.type !== "publish") return entry;
      const { model, age, bytes, codec } = entry.body;
      return { ...entry, body: { model, age, bytes, codec } };
    });
    const { tallies, firstLie } = await audit(old, task, archive.get);
    assert.equal(firstLie, undefined);
    assert.ok(tallies.publish.proved > 3);
  });

  it("says what is missing where bodies are gone, and proves the rest", async () => {
    const { body } = honest[at] as Extract<Entry, { type: "aggregate" }>;
    const gone = body.parents[0]?.[1] as Uint8Array;
    const named = honest.filter(
      (entry) =>
        entry.type === "aggregate" &&
        entry.body.parents.some(([, model, , weight]) => weight > 0 && Buffer.compare(model, gone) === 0),
    );
    const find = async (hash: Uint8Array) => (Buffer.compare(hash, gone) === 0 ? undefined : archive.get(hash));
    const { tallies, firstLie } = await audit(honest, task, find);
    assert.equal(firstLie, undefined);
    assert.equal(tallies.aggregate.missing, named.length);
    assert.equal(tallies.aggregate.proved + named.length, honest.filter(({ type }) => type === "aggregate").length);
    const without = await audit(honest, task, async () => undefined);
    assert.equal(without.tallies.train.missing, 0, "ages and links need no body");
    assert.equal(without.tallies.publish.proved + without.tallies.aggregate.proved, 0);
  });

  it("takes no bytes for another's: what does not match its hash is missing", async () => {
    const damaged = async (hash: Uint8Array) => {
      const bytes = await archive.get(hash);
      return bytes && Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
    };
    const { tallies, firstLie } = await audit(honest, task, damaged);
    assert.equal(firstLie, undefined);
    assert.equal(tallies.aggregate.proved, 0);
  });

  it("may sort parents by key, since peer ids sort alike", () => {
    const keys = Array.from({ length: 500 }, (_, i) => nodeCrypto.sha256(utf8(`key ${i}`)));
    const byKey = [...keys].sort(compareBytes).map(peerIdFromPublicKey);
    assert.deepEqual(byKey, keys.map(peerIdFromPublicKey).sort());
  });

  it("judges no log of another task", async () => {
    await assert.rejects(audit(honest, blobTask({ seed: 9 }), archive.get), RangeError);
  });
});
