/** What others are told about this peer's log, and what that costs them. A real log in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { joined } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { type Entry, logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { isSignedBy, readCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { isConsistent, isIncluded, leafHash } from "../../../../protocol/log/tree/merkle.ts";
import { createLogService } from "../../../../protocol/peer/account/log-service.ts";
import {
  decodeCheckpointAnswer,
  decodeEntriesAnswer,
  decodeEvidenceAnswer,
  decodeGenerationsAnswer,
  decodeProveAnswer,
  encodeLogRequest,
  type LogRequest,
} from "../../../../protocol/wire/log-messages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { CRYPTO, collect, identity, open, sampleDrafts, TASK } from "../../log/support.ts";

const WRITER = identity(1);
const ELSEWHERE = new Uint8Array(32).fill(5);
const EVIDENCE = Array.from({ length: 3 }, (_, i) => Uint8Array.of(i));

/** A store that counts reads of single keys and of ranges. */
function counted(inner: Store): { readonly store: Store; reads: number } {
  const seen = { reads: 0, store: inner };
  const store: Store = {
    ...inner,
    get(key) {
      seen.reads++;
      return inner.get(key);
    },
    range(...range) {
      seen.reads++;
      return inner.range(...range);
    },
  };
  return Object.assign(seen, { store });
}

/** A service over a log of so many entries. */
async function serve(size: number, evidence: readonly Uint8Array[] = EVIDENCE) {
  const disk = counted(createMemoryStore());
  const log = await open({ store: disk.store });
  const entries = [
    ...(await collect(log.entries())),
    ...(await log.append(sampleDrafts(createRng("served"), size - 1))),
  ];
  const costs: number[] = [];
  const brought: [string, number, string][] = [];
  const { service, published } = createLogService(
    {
      ...{ log, store: disk.store, crypto: CRYPTO },
      cosigning: {
        wants: (wanted, from) => from === "wanted" && wanted === log.head().size,
        bring: async (from, size, line) => void brought.push([from, size, line]),
      },
      budget: {
        pay: (_from, cost) => costs.push(cost) > 0,
        charge: (_from, cost) => void costs.push(cost),
      },
    },
    { taskId: TASK, publicKey: WRITER.publicKey, evidence: (held) => (held[0] === 1 ? [] : evidence) },
  );
  const ask = async (request: LogRequest, from = "asker") =>
    joined(await service.handle(from, encodeLogRequest(request)));
  return { disk, log, entries: entries as readonly Entry[], costs, brought, ask, published };
}

const notFound = (error: unknown) => isHearsayError(error, "ERR_NOT_FOUND");

describe("a proof", () => {
  it("of any entry shows it in the tree that ends with it, and that this tree goes on from an older one", async () => {
    const { log, entries, ask } = await serve(40);
    const { logId } = log;
    for (const [seq, old] of [
      [0, 0],
      [1, 1],
      [17, 3],
      [39, 40],
      [39, 17],
    ] as const) {
      const { entry, inclusion, consistency, wanted } = decodeProveAnswer(
        await ask({ what: "prove", logId, seq, old }),
      );
      const [size, root] = [seq + 1, await log.rootAt(seq + 1)];
      assert.deepEqual(entry, entries[seq]?.signed);
      assert.ok(isIncluded({ index: seq, size, leaf: leafHash(entry.subarray(64), CRYPTO), root }, inclusion, CRYPTO));
      if (old > 0) assert.ok(isConsistent({ old, size, oldRoot: await log.rootAt(old), root }, consistency, CRYPTO));
      else assert.deepEqual(consistency, []);
      assert.equal(wanted, false);
    }
  });

  it("says whether a cosignature of the asker is wanted", async () => {
    const { log, ask } = await serve(8);
    const prove = { what: "prove", logId: log.logId, old: 0 } as const;
    assert.equal(decodeProveAnswer(await ask({ ...prove, seq: 7 }, "wanted")).wanted, true);
    assert.equal(decodeProveAnswer(await ask({ ...prove, seq: 6 }, "wanted")).wanted, false);
  });

  it("is refused beyond the end, and of a tree that is longer than the one it should begin", async () => {
    const { log, ask } = await serve(8);
    const { logId } = log;
    await assert.rejects(ask({ what: "prove", logId, seq: 8, old: 0 }), notFound);
    await assert.rejects(ask({ what: "prove", logId, seq: 3, old: 5 }), notFound);
  });

  it("of an entry that was published just now reads nothing from the disk", async () => {
    const { disk, log, entries, ask, published } = await serve(8);
    const { logId } = log;
    const prove = { what: "prove", logId, seq: 7, old: 0 } as const;
    disk.reads = 0;
    await ask(prove);
    assert.ok(disk.reads > 0);
    published(entries[7] as Entry);
    disk.reads = 0;
    assert.deepEqual(decodeProveAnswer(await ask(prove)).entry, entries[7]?.signed);
    assert.equal(disk.reads, 0);
    for (const entry of entries.slice(0, 3)) published(entry);
    await ask(prove);
    assert.ok(disk.reads > 0, "of the last three");
  });
});

describe("entries", () => {
  it("come in order from the one that is asked for, as many as are asked for", async () => {
    const { log, entries, ask } = await serve(20);
    const { logId } = log;
    const page = decodeEntriesAnswer(await ask({ what: "entries", logId, from: 5, limit: 4 }));
    assert.equal(page.size, 20);
    assert.deepEqual(
      page.entries,
      entries.slice(5, 9).map(({ signed }) => signed),
    );
    assert.deepEqual(decodeEntriesAnswer(await ask({ what: "entries", logId, from: 5, limit: 0 })).entries, []);
    assert.deepEqual(decodeEntriesAnswer(await ask({ what: "entries", logId, from: 20, limit: 4 })).entries, []);
  });

  it("are as many as fit into an answer, however many are asked for", async () => {
    const { log, ask } = await serve(1200);
    const answer = await ask({ what: "entries", logId: log.logId, from: 0, limit: 1e6 });
    const { entries, size } = decodeEntriesAnswer(answer);
    assert.ok(entries.length < size && answer.length <= LIMITS.maxFrameBytes);
    assert.ok(answer.length > 0.98 * LIMITS.maxFrameBytes, `${answer.length} bytes`);
  });
});

describe("a checkpoint", () => {
  it("is the newest that this peer signed, with the newest that others cosigned, where there is one", async () => {
    const { log, ask } = await serve(10);
    const { note, cosigned } = decodeCheckpointAnswer(await ask({ what: "checkpoint", logId: log.logId }));
    const { size, root } = log.state();
    const checkpoint = readCheckpoint(note);
    assert.deepEqual([checkpoint.size, checkpoint.root, checkpoint.logId], [size, root, log.logId]);
    assert.ok(isSignedBy(checkpoint, WRITER.publicKey, CRYPTO));
    assert.equal(cosigned, undefined);
    await log.keepCosigned(checkpoint);
    const again = decodeCheckpointAnswer(await ask({ what: "checkpoint", logId: log.logId }));
    assert.equal(again.cosigned, note);
  });
});

describe("evidence", () => {
  const about = (logId: Uint8Array, from = 0, held = 0) =>
    ({ what: "evidence", logId, from, held: new Uint8Array(32).fill(held) }) as const;

  it("is told to who names the task or the log, from the place that is asked for; and none where both hold the same", async () => {
    const { log, ask } = await serve(2);
    for (const id of [TASK, log.logId]) assert.deepEqual(decodeEvidenceAnswer(await ask(about(id))), EVIDENCE);
    assert.deepEqual(decodeEvidenceAnswer(await ask(about(TASK, 2))), EVIDENCE.slice(2));
    assert.deepEqual(decodeEvidenceAnswer(await ask(about(TASK, 9))), []);
    assert.deepEqual(decodeEvidenceAnswer(await ask(about(TASK, 0, 1))), []);
    await assert.rejects(ask(about(ELSEWHERE)), notFound);
  });

  it("is as much as fits into an answer", async () => {
    const held = Array.from({ length: 400 }, () => new Uint8Array(LIMITS.maxEvidenceBytes));
    const { ask } = await serve(2, held);
    const answer = await ask(about(TASK));
    const { length } = decodeEvidenceAnswer(answer);
    assert.ok(length > 250 && length < 400 && answer.length <= LIMITS.maxFrameBytes, `${length}`);
  });
});

describe("logs that are asked for", () => {
  it("are this peer's alone: of any other, and of another task, nothing is found", async () => {
    const { ask } = await serve(4);
    const logId = logIdOf(identity(2).publicKey, TASK, CRYPTO);
    await assert.rejects(ask({ what: "prove", logId, seq: 0, old: 0 }), notFound);
    await assert.rejects(ask({ what: "entries", logId, from: 0, limit: 1 }), notFound);
    await assert.rejects(ask({ what: "checkpoint", logId }), notFound);
    await assert.rejects(ask({ what: "cosign", logId, size: 1, line: "line" }), notFound);
    await assert.rejects(ask({ what: "generations", task: ELSEWHERE }), notFound);
  });

  it("may be earlier generations, whose entries and checkpoint are shown; proofs and cosignatures are of the last one alone", async () => {
    const { log, entries, ask } = await serve(12);
    const [before, { size }] = [log.logId, log.state()];
    await log.startGeneration(7);
    assert.deepEqual(decodeGenerationsAnswer(await ask({ what: "generations", task: TASK })), [0, 7]);
    const page = decodeEntriesAnswer(await ask({ what: "entries", logId: before, from: 10, limit: 9 }));
    assert.deepEqual(
      page.entries,
      entries.slice(10).map(({ signed }) => signed),
    );
    const { note } = decodeCheckpointAnswer(await ask({ what: "checkpoint", logId: before }));
    assert.equal(readCheckpoint(note).size, size);
    await assert.rejects(ask({ what: "prove", logId: before, seq: 0, old: 0 }), notFound);
    await assert.rejects(ask({ what: "cosign", logId: before, size: 1, line: "line" }), notFound);
    assert.equal(decodeEntriesAnswer(await ask({ what: "entries", logId: log.logId, from: 0, limit: 9 })).size, 1);
  });
});

describe("a request", () => {
  it("of each kind has its price, and long answers cost more", async () => {
    const { log, costs, ask, brought } = await serve(400);
    const { logId } = log;
    const price = async (request: LogRequest) => {
      costs.length = 0;
      await ask(request);
      return costs.reduce((sum, cost) => sum + cost, 0);
    };
    const checkpoint = await price({ what: "checkpoint", logId });
    const prove = await price({ what: "prove", logId, seq: 1, old: 0 });
    const cosign = await price({ what: "cosign", logId, size: 1, line: "line" });
    assert.ok(checkpoint >= 0.8 && prove > checkpoint && cosign > 2 * prove, `${[checkpoint, prove, cosign]}`);
    const few = await price({ what: "entries", logId, from: 0, limit: 1 });
    const many = await price({ what: "entries", logId, from: 0, limit: 400 });
    assert.ok(many > few + 5, `${few}, ${many}`);
    assert.deepEqual(brought, [["asker", 1, "line"]], "and what is brought reaches the log");
  });
});
