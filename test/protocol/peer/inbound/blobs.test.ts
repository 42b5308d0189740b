import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { joined } from "../../../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Archive, Transport } from "../../../../protocol/base/seams.ts";
import { createBlobShelf } from "../../../../protocol/peer/inbound/blobs.ts";
import { type PullOptions, pullBlob } from "../../../../protocol/peer/inbound/pull-blob.ts";
import {
  type BlobAnswer,
  type BlobRequest,
  decodeBlobAnswer,
  decodeBlobRequest,
  encodeBlobAnswer,
  encodeBlobRequest,
} from "../../../../protocol/wire/messages.ts";
import { createVirtualClock, type VirtualClock } from "../../../../sim/seams/clock.ts";
import { randomBytes } from "../../../fuzz/mutate.ts";
import { createMemoryArchive } from "../../../support/memory-archive.ts";

const CHUNK = LIMITS.maxChunkBytes;

/** A transport whose other end is `answer`; what it throws is thrown at the asker. */
function served(answer: (request: BlobRequest) => Promise<Uint8Array> | Uint8Array) {
  const offsets: number[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const transport = {
    async request(_peer, _protocol, body, { signal } = {}) {
      const request = decodeBlobRequest(body);
      offsets.push(request.offset);
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      const aborted = new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      aborted.catch(() => {}); // that of an answered request concerns nobody
      try {
        await Promise.resolve();
        return await Promise.race([answer(request), aborted]);
      } finally {
        inFlight--;
      }
    },
  } as Partial<Transport> as Transport;
  return { transport, offsets, mostInFlight: () => mostInFlight };
}

/** The honest answer. */
function chunkOf(blob: Uint8Array, { offset, maxBytes }: BlobRequest): BlobAnswer {
  return { total: blob.length, chunk: blob.subarray(offset, offset + Math.min(maxBytes, CHUNK)) };
}

interface Pulled {
  readonly bytes?: Uint8Array;
  readonly error?: unknown;
  readonly tookMs: number;
}

/** Pulls on a virtual clock until the end. */
async function pull(
  transport: Transport,
  blob: Uint8Array,
  changes: Partial<PullOptions> = {},
  clock: VirtualClock = createVirtualClock(),
): Promise<Pulled> {
  const options = { hash: nodeCrypto.sha256(blob), maxBytes: blob.length, signal: new AbortController().signal };
  const startMs = clock.now();
  const done = pullBlob({ transport, crypto: nodeCrypto, clock }, "peer", "/blob", { ...options, ...changes }).then(
    (bytes) => ({ bytes, tookMs: clock.now() - startMs }),
    (error: unknown) => ({ error, tookMs: clock.now() - startMs }),
  );
  await clock.run(startMs + 100_000_000);
  return done;
}

const codeOf = ({ error }: Pulled) => (isHearsayError(error) ? error.code : String(error ?? "pulled"));
/** Not deepEqual, which would print a difference of a million numbers. */
function assertSame(bytes: Uint8Array | undefined, expected: Uint8Array): void {
  assert.ok(bytes !== undefined && Buffer.from(bytes).equals(expected), "the blob arrived whole");
}

const unreachable = () => new HearsayError("ERR_UNREACHABLE", "the connection broke");

const LARGE = randomBytes(createRng("blob"), 5 * CHUNK + 17);
const OFFSETS = [0, 1, 2, 3, 4, 5].map((i) => i * CHUNK);

test("a blob is asked for in chunks, each once, and never more than a few ahead", async () => {
  const { transport, offsets, mostInFlight } = served((request) => encodeBlobAnswer(chunkOf(LARGE, request)));
  assertSame((await pull(transport, LARGE)).bytes, LARGE);
  assert.deepEqual(offsets, OFFSETS);
  assert.equal(mostInFlight(), LIMITS.maxChunksInFlight);
});

test("blobs of every length around the edges of a chunk arrive whole", async () => {
  for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 4 * CHUNK + 1]) {
    const blob = LARGE.subarray(0, length);
    const { transport, offsets } = served((request) => encodeBlobAnswer(chunkOf(blob, request)));
    assertSame((await pull(transport, blob)).bytes, blob);
    assert.equal(offsets.length, Math.max(1, Math.ceil(length / CHUNK)), `${length} bytes`);
  }
});

test("where every second request breaks, the pull resumes at the offset of each broken chunk and completes", async () => {
  let requests = 0;
  const arrived: number[] = [];
  const { transport, offsets } = served((request) => {
    if (++requests % 2 === 0) throw unreachable();
    arrived.push(request.offset);
    return encodeBlobAnswer(chunkOf(LARGE, request));
  });
  assertSame((await pull(transport, LARGE)).bytes, LARGE);
  assert.deepEqual([...new Set(offsets)].sort(), OFFSETS.toSorted(), "every chunk is asked for at its offset");
  assert.deepEqual(arrived.toSorted(), OFFSETS.toSorted(), "no chunk that arrived is asked for again");
});

test("a chunk that breaks three times while no other arrives ends the pull; another error does so at once", async () => {
  for (const [code, attempts] of [
    ["ERR_UNREACHABLE", 3],
    ["ERR_TIMEOUT", 3],
    ["ERR_NOT_FOUND", 1],
    ["ERR_OTHER_TASK", 1],
  ] as const) {
    const { transport, offsets } = served((request) => {
      if (request.offset > 0) throw new HearsayError(code, "no");
      return encodeBlobAnswer(chunkOf(LARGE, request));
    });
    assert.equal(codeOf(await pull(transport, LARGE)), code);
    assert.equal(offsets.filter((offset) => offset === CHUNK).length, attempts, code);
  }
});

test("one chunk that never comes ends the pull, though all others arrived", async () => {
  const { transport, offsets } = served((request) => {
    if (request.offset === CHUNK) throw unreachable();
    return encodeBlobAnswer(chunkOf(LARGE, request));
  });
  assert.equal(codeOf(await pull(transport, LARGE)), "ERR_UNREACHABLE");
  assert.ok(offsets.filter((offset) => offset === CHUNK).length < 6);
});

test("a peer that never answers, or too slowly, is given up at the time that its size allows", async () => {
  const never = served(() => new Promise(() => {}));
  const small = await pull(never.transport, LARGE.subarray(0, 1000));
  assert.equal(codeOf(small), "ERR_TIMEOUT");
  assert.equal(small.tookMs, LIMITS.requestTimeoutMs);

  const clock = createVirtualClock();
  const slow = served(async (request) => {
    await new Promise<void>((resolve) => clock.after(60_000, resolve));
    return encodeBlobAnswer(chunkOf(LARGE, request));
  });
  const large = await pull(slow.transport, LARGE, {}, clock);
  assert.equal(codeOf(large), "ERR_TIMEOUT");
  assert.equal(large.tookMs, (1000 * LARGE.length) / LIMITS.minBytesPerSecond);
});

test("a pull that is fast enough is not given up, however long it takes", async () => {
  const clock = createVirtualClock();
  const slow = served(async (request) => {
    await new Promise<void>((resolve) => clock.after(9_000, resolve));
    return encodeBlobAnswer(chunkOf(LARGE, request));
  });
  const { bytes, tookMs } = await pull(slow.transport, LARGE, {}, clock);
  assertSame(bytes, LARGE);
  assert.ok(tookMs > LIMITS.requestTimeoutMs);
});

test("a total above the bound is refused after one chunk, and nothing is allocated for it", async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (const total of [1_000_001, LIMITS.maxModelBytes, 2 ** 40, 2 ** 53 - 1]) {
    const { transport, offsets } = served(() => {
      return encodeBlobAnswer({ total, chunk: new Uint8Array(16) });
    });
    assert.equal(codeOf(await pull(transport, LARGE, { maxBytes: 1_000_000 })), "ERR_TOO_LARGE");
    assert.deepEqual(offsets, [0]);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(most < 4_000_000, `${most} bytes were allocated`);
});

test("another total than announced is refused after one chunk", async () => {
  for (const total of [LARGE.length - 1, LARGE.length + 1]) {
    const { transport, offsets } = served(() => encodeBlobAnswer({ total, chunk: LARGE.subarray(0, CHUNK) }));
    const options = { maxBytes: 2 * LARGE.length, expectedBytes: LARGE.length };
    assert.equal(codeOf(await pull(transport, LARGE, options)), "ERR_MODEL_SIZE");
    assert.deepEqual(offsets, [0]);
  }
});

test("a chunk that is short or long, a total that changes, other bytes and no answer at all have their codes", async () => {
  const lies: [code: string, lie: (honest: BlobAnswer) => BlobAnswer][] = [
    ["ERR_MODEL_SIZE", ({ total, chunk }) => ({ total, chunk: chunk.subarray(1) })],
    ["ERR_MODEL_SIZE", ({ total }) => ({ total, chunk: new Uint8Array(0) })],
    ["ERR_MODEL_SIZE", ({ total, chunk }) => ({ total, chunk: new Uint8Array(chunk.length + 1) })],
    ["ERR_MODEL_SIZE", ({ total, chunk }) => ({ total: total + 1, chunk })],
    ["ERR_MODEL_HASH", ({ total, chunk }) => ({ total, chunk: chunk.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) })],
  ];
  for (const at of [CHUNK, 5 * CHUNK]) {
    for (const [code, lie] of lies) {
      const { transport } = served((request) => {
        const honest = chunkOf(LARGE, request);
        return encodeBlobAnswer(request.offset === at ? lie(honest) : honest);
      });
      assert.equal(codeOf(await pull(transport, LARGE)), code, `${lie} at ${at}`);
    }
  }
  const { transport } = served(() => new Uint8Array([1, 2, 3]));
  assert.equal(codeOf(await pull(transport, LARGE)), "ERR_DECODE");
});

test("whoever stops a pull gets its own reason, and no request is made afterwards", async () => {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const { transport, offsets } = served(async (request) => {
    await new Promise<void>((resolve) => clock.after(1_000, resolve));
    if (request.offset > 0) throw unreachable();
    return encodeBlobAnswer(chunkOf(LARGE, request));
  });
  const reason = new HearsayError("ERR_UNREACHABLE", "this peer is stopping");
  clock.after(2_100, () => stop.abort(reason)); // in the pause before the second attempts
  const { error, tookMs } = await pull(transport, LARGE, { signal: stop.signal }, clock);
  assert.equal(error, reason);
  assert.equal(tookMs, 2_100);
  assert.equal(offsets.length, 1 + LIMITS.maxChunksInFlight);
});

/** The shelf, and a way to ask it. */
function shelf(archive?: Archive) {
  const charged: number[] = [];
  const budget = { pay: () => true, charge: (_from: string, cost: number) => void charged.push(cost) };
  const blobs = createBlobShelf({ budget, ...(archive && { archive }) }, "/blob");
  const { handle } = blobs.service;
  const ask = async (hash: Uint8Array, offset = 0, maxBytes: number = CHUNK) =>
    decodeBlobAnswer(joined(await handle("asker", encodeBlobRequest({ hash, offset, maxBytes }))));
  return { blobs, ask, charged, raw: (body: Uint8Array) => handle("asker", body) };
}

const name = (n: number) => new Uint8Array(32).fill(n);

test("the newest three bodies are served, and what was kept for ever", async () => {
  const { blobs, ask } = shelf();
  blobs.keep(name(100), LARGE);
  for (let n = 1; n <= 5; n++) blobs.offer({ hash: name(n), bytes: LARGE.subarray(n) });
  for (const n of [100, 3, 4, 5]) assert.equal((await ask(name(n))).chunk.length, CHUNK);
  for (const n of [1, 2, 6]) await assert.rejects(ask(name(n)), { code: "ERR_NOT_FOUND" });
});

test("what the archive has is served too, however old, a part at a time, of one file at a time", async () => {
  const kept = createMemoryArchive();
  let reading = 0;
  const parts: number[] = [];
  const { blobs, ask } = shelf({
    ...kept,
    get: () => assert.fail("nothing is read whole"),
    async getPart(hash, offset, maxBytes) {
      assert.equal(reading++, 0, "one at a time");
      parts.push(maxBytes);
      await Promise.resolve();
      reading--;
      return kept.getPart(hash, offset, maxBytes);
    },
  });
  for (let n = 1; n <= 9; n++) {
    const blob = { hash: name(n), bytes: LARGE.subarray(n) };
    blobs.offer(blob);
    await kept.put([blob]);
  }
  const offsets = [0, CHUNK, 2 * CHUNK];
  const chunks = await Promise.all(offsets.map((offset) => ask(name(1), offset, 2 ** 40)));
  assertSame(Buffer.concat(chunks.map(({ chunk }) => chunk)), LARGE.subarray(1).subarray(0, 3 * CHUNK));
  assert.deepEqual(parts, [CHUNK, CHUNK, CHUNK]);
  await assert.rejects(ask(name(77)), { code: "ERR_NOT_FOUND" });
  for (const n of [7, 8, 9]) await ask(name(n));
  assert.equal(parts.length, 4, "the newest need no archive");
});

test("the asker of an archived blob pays for what had to be read to see that it is sound, and few wait for their turn", async () => {
  const disk = Promise.withResolvers<void>();
  const { ask, charged } = shelf({
    ...createMemoryArchive(),
    async getPart() {
      await disk.promise;
      return { total: 2 ** 26, chunk: new Uint8Array(1), verifiedBytes: 2 ** 26 };
    },
  });
  const asked = Array.from({ length: 100 }, () => ask(name(1), 0, 1).catch((error: unknown) => error));
  disk.resolve();
  const answers = await Promise.all(asked);
  const refused = answers.filter((answer) => isHearsayError(answer, "ERR_RATE")).length;
  assert.equal(refused, 36, "64 wait");
  assert.ok(charged.filter((cost) => cost >= 256).length === 64, "a quarter of a second of a disk and a core each");
});

test("an archive that fails costs an answer, and no more", async () => {
  let broken = true;
  const getPart = async () => {
    if (broken) throw new Error("a disk");
    return { total: LARGE.length, chunk: LARGE.subarray(0, 9), verifiedBytes: 0 };
  };
  const { ask } = shelf({ ...createMemoryArchive(), getPart });
  await assert.rejects(ask(name(1)), /a disk/);
  broken = false;
  assert.equal((await ask(name(1))).total, LARGE.length);
});

test("any offset and length get bytes of the blob, never more than a chunk", async () => {
  const { blobs, ask } = shelf();
  const blob = LARGE.subarray(0, CHUNK + 10);
  blobs.keep(name(1), blob);
  const offset = fc.oneof(fc.nat(blob.length + 5), fc.constantFrom(0, CHUNK, blob.length, 2 ** 53 - 1));
  const maxBytes = fc.oneof(fc.nat(CHUNK), fc.constantFrom(0, 1, CHUNK, CHUNK + 1, 2 ** 53 - 1));
  await fc.assert(
    fc.asyncProperty(offset, maxBytes, async (from, most) => {
      const { total, chunk } = await ask(name(1), from, most);
      assert.equal(total, blob.length);
      assert.ok(chunk.length <= CHUNK);
      assert.ok(Buffer.from(chunk).equals(blob.subarray(from, from + Math.min(most, CHUNK))));
    }),
  );
});

test("the answer with a whole blob is made once, however often it is asked for, and a part does not take its place", async () => {
  const { blobs, ask, raw } = shelf();
  const blob = LARGE.subarray(0, 1000);
  blobs.offer({ hash: name(1), bytes: blob });
  const request = (offset: number, maxBytes: number) => raw(encodeBlobRequest({ hash: name(1), offset, maxBytes }));
  const parts = [await request(0, 999), await request(1, CHUNK)].map((body) => decodeBlobAnswer(joined(body)));
  assert.deepEqual(
    parts.map(({ total, chunk }) => [total, chunk.length]),
    [
      [1000, 999],
      [1000, 999],
    ],
  );
  const first = await request(0, CHUNK);
  assert.equal(await request(0, 1000), first, "the same array");
  assertSame((await ask(name(1))).chunk, blob);
  blobs.offer({ hash: name(1), bytes: LARGE.subarray(0, 10) }); // put there again with other bytes
  assert.equal((await ask(name(1))).chunk.length, 10);
});

test("a chunk of one that takes many is a part of it, not a copy", async () => {
  const { blobs, raw } = shelf();
  blobs.keep(name(1), LARGE);
  const reply = await raw(encodeBlobRequest({ hash: name(1), offset: CHUNK, maxBytes: CHUNK }));
  const chunk = (reply as readonly Uint8Array[]).at(-1) as Uint8Array;
  assert.deepEqual([chunk.buffer, chunk.byteOffset], [LARGE.buffer, LARGE.byteOffset + CHUNK]);
});

test("the answer to one that takes many chunks is never kept whole", async () => {
  const { blobs, raw } = shelf();
  blobs.keep(name(1), LARGE);
  const request = encodeBlobRequest({ hash: name(1), offset: 0, maxBytes: CHUNK });
  assert.notEqual(await raw(request), await raw(request));
});

test("a request that does not decode is answered with a code", async () => {
  const { raw } = shelf();
  for (const body of [new Uint8Array(0), new Uint8Array(200), encodeBlobAnswer({ total: 1, chunk: name(1) })]) {
    assert.throws(() => raw(body), { code: "ERR_DECODE" });
  }
});

test("a pull gives the memory of each chunk back once its bytes are in their place: what is written there changes no model", async () => {
  const blob = randomBytes(createRng("recycled"), 6 * CHUNK + 5);
  const { transport } = served((request) => encodeBlobAnswer(chunkOf(blob, request)));
  let given = 0;
  const recycle = (chunk: Uint8Array) => {
    given += chunk.length;
    chunk.fill(0xee);
  };
  assertSame((await pull({ ...transport, recycle }, blob)).bytes, blob);
  assert.equal(given, blob.length);
  given = 0;
  const begun = chunkOf(blob, { hash: name(1), offset: 0, maxBytes: CHUNK });
  assertSame((await pull({ ...transport, recycle }, blob, { begun })).bytes, blob);
  assert.equal(given, blob.length - CHUNK, "whoever has begun keeps its chunk");
  given = 0;
  const one = blob.slice(0, CHUNK);
  const short = served((request) => encodeBlobAnswer(chunkOf(one, request)));
  assertSame((await pull({ ...short.transport, recycle }, one)).bytes, one);
  assert.equal(given, 0, "a chunk that is all of a blob is what the pull gives");
});
