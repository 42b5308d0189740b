import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { equalBytes, fromHex } from "../../../protocol/bytes.ts";
import type { Draft } from "../../../protocol/log/chain.ts";
import type { Entry } from "../../../protocol/log/entry.ts";
import { formatLine, parseLine, verifyLines } from "../../../protocol/log/jsonl.ts";
import { createRng } from "../../../protocol/rng.ts";
import { createMemoryStore } from "../../../sim/store.ts";
import { acceptsOrRefuses, mutate } from "../../fuzz/mutate.ts";
import { CRYPTO, collect, identity, memoized, open, START_MS, storedLog, TASK, testClock } from "./support.ts";

const crypto = memoized(CRYPTO);
let entries: Entry[];
let lines: string[];

before(async () => {
  ({ entries } = await storedLog(20));
  lines = entries.map(formatLine);
});

/** `lines` with one line replaced by a change of its JSON. */
function edited(seq: number, edit: (line: Record<string, unknown>) => void): string[] {
  const line = JSON.parse(lines[seq] as string) as Record<string, unknown>;
  edit(line);
  return lines.with(seq, JSON.stringify(line));
}

async function firstBad(changed: Iterable<string>) {
  const { ok, firstBad } = await verifyLines(changed, { crypto });
  assert.equal(ok, false);
  return { seq: firstBad?.seq, reason: firstBad?.reason };
}

describe("an exported log", () => {
  it("gives back the bytes that were stored", () => {
    for (const [i, line] of lines.entries()) assert.deepEqual(parseLine(line).signed, entries[i]?.signed);
  });

  it("verifies by itself, and against a peer and task that one asks for", async () => {
    const {
      ok,
      entries: count,
      peer,
      head,
    } = await verifyLines(lines, { crypto, peer: identity(1).peerId, task: TASK });
    assert.ok(ok);
    assert.equal(count, 20);
    assert.equal(peer, identity(1).peerId);
    assert.deepEqual(head, { seq: 19, id: entries[19]?.id });
    const other = await verifyLines(lines, { crypto, peer: identity(2).peerId });
    assert.equal(other.firstBad?.reason, "peer");
  });

  it("may be written again by a tool that sorts keys or spaces them out", async () => {
    const reordered = lines.map((line) => {
      const { body, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const turned = Object.fromEntries(Object.entries({ ...rest, body }).reverse());
      return JSON.stringify({ ...turned, body: Object.fromEntries(Object.entries(body as object).reverse()) }, null, 1);
    });
    assert.ok((await verifyLines(reordered, { crypto })).ok);
  });

  it("is bad where the readable half shows something else than was signed, whichever field it is", async () => {
    const edits: ((line: Record<string, unknown>) => void)[] = [
      (line) => Object.assign(line, { seq: 99 }),
      (line) => Object.assign(line, { hash: "00" }),
      (line) => Object.assign(line, { prev: (line.prev as string).toUpperCase() }),
      (line) => Object.assign(line, { ts: `${line.ts}` }),
      (line) => Object.assign(line, { type: "publish" }),
      (line) => Object.assign(line.body as object, { age: 12_345 }),
      (line) => Object.assign(line.body as object, { note: "trust me" }),
      (line) => Object.assign(line, { body: [] }),
      (line) => Object.assign(line, { verified: true }),
      (line) => delete line.hash,
      (line) => delete (line.body as Record<string, unknown>).age,
      (line) => ((line.body as { parents: unknown[][] }).parents[0] as unknown[]).push("extra"),
    ];
    for (const edit of edits) assert.deepEqual(await firstBad(edited(3, edit)), { seq: 3, reason: "view" }, `${edit}`);
  });

  it("is bad where a line has a field __proto__ that nobody signed", async () => {
    const line = (lines[3] as string).replace('{"seq"', '{"__proto__":{},"seq"');
    assert.deepEqual(await firstBad(lines.with(3, line)), { seq: 3, reason: "view" });
  });

  it("is bad where the evidence was changed, though the readable half agrees with it", async () => {
    const other = (await storedLog(20, { identity: identity(2) })).entries.map(formatLine);
    assert.deepEqual(await firstBad(lines.with(4, other[4] as string)), { seq: 4, reason: "log-id" });
    const { sig } = JSON.parse(lines[5] as string) as { sig: string };
    assert.deepEqual(await firstBad(edited(4, (line) => Object.assign(line, { sig }))), {
      seq: 4,
      reason: "signature",
    });
    assert.deepEqual(await firstBad(lines.toSpliced(4, 1)), { seq: 4, reason: "seq" });
  });

  it("is bad where a line is none", async () => {
    const nonsense = [
      "",
      "null",
      "[]",
      "{}",
      "{",
      '"text"',
      "1e999",
      '{"sig":1,"cbor":2}',
      '{"sig":"AA==","cbor":"AA=="}',
    ];
    for (const line of [...nonsense, "x".repeat(100_000)]) {
      assert.deepEqual(await firstBad(lines.with(2, line)), { seq: 2, reason: "decode" }, line.slice(0, 40));
    }
    assert.deepEqual(await firstBad([]), { seq: 0, reason: "missing" });
  });

  it("fits its largest line into the bound of the reader", async () => {
    const hash = new Uint8Array(32).fill(255);
    const age = Number.MAX_SAFE_INTEGER;
    const parents = Array(64).fill([hash, hash, age, 65536, "duplicate"]);
    const body = { own: hash, base: hash, out: hash, rule: '"'.repeat(64), age, parents };
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append([{ type: "aggregate", body }]);
    const exported = (await collect(log.entries())).map(formatLine);
    assert.ok((await verifyLines(exported, { crypto })).ok, `${exported[1]?.length} characters`);
  });

  it("survives 30,000 mutated lines: a coded error when read; when verified, never a line that shows what was not signed", async () => {
    const rng = createRng("jsonl");
    const text = new TextEncoder();
    const shown = (line: string) => {
      const { cbor, sig, ...view } = JSON.parse(line) as Record<string, unknown>;
      return view;
    };
    for (let run = 0; run < 30_000; run++) {
      const line = lines[run % lines.length] as string;
      const changed = new TextDecoder().decode(mutate(rng, text.encode(line)));
      const readable = acceptsOrRefuses(() => parseLine(changed));
      if (!readable || run % 4 !== 0) continue;
      const { ok } = await verifyLines(lines.with(run % lines.length, changed), { crypto });
      if (ok) {
        assert.deepEqual(shown(changed), shown(line));
        assert.ok(equalBytes(parseLine(changed).signed, parseLine(line).signed));
      }
    }
  });
});

describe("the log of version 1 in test/fixtures/log-v1.jsonl", () => {
  const fixture = new URL("../../fixtures/log-v1.jsonl", import.meta.url);
  const HEAD = "15cad57b2ad93ec6c4cb4e7123233c4fc60ce4a5f8a417047e0558af30fcc3cf";

  it("verifies for ever", async () => {
    const stored = (await readFile(fixture, "utf8")).trimEnd().split("\n");
    const {
      ok,
      entries: count,
      peer,
      head,
    } = await verifyLines(stored, { crypto: CRYPTO, peer: identity(1).peerId, task: TASK });
    assert.ok(ok);
    assert.equal(count, FIXTURE_DRAFTS.length + 1);
    assert.equal(peer, "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
    assert.deepEqual(head, { seq: FIXTURE_DRAFTS.length, id: fromHex(HEAD) });
  });

  it("opens from a store for ever", async () => {
    const stored = (await readFile(fixture, "utf8")).trimEnd().split("\n");
    const store = createMemoryStore();
    for (const [seq, line] of stored.entries())
      await store.write([{ key: `log/e/${seq.toString(16).padStart(16, "0")}`, value: parseLine(line).signed }]);
    const head = fromHex(`8301055820${HEAD}`) as Uint8Array;
    await store.write([{ key: "log/head", value: head }]);
    const log = await open({ store });
    assert.equal(log.head().size, stored.length);
  });

  it("is what this code writes, byte by byte", async () => {
    const log = await open({ clock: testClock() });
    await log.append(FIXTURE_DRAFTS);
    const written = (await collect(log.entries())).map(formatLine);
    assert.equal(`${written.join("\n")}\n`, await readFile(fixture, "utf8"));
  });
});

/**
 * Made once, on 2026-11-23, by the last test above: seed 32 x 01, task 32 x 7a, clock at START_MS, agent "hearsay-test/1".
 * Every type of entry, with and without what is optional, integers of every length of CBOR.
 */
const filled = (byte: number) => new Uint8Array(32).fill(byte);
const FIXTURE_DRAFTS: Draft[] = [
  { type: "train", body: { in: filled(1), out: filled(2), steps: 10, age: 10 } },
  { type: "publish", body: { model: filled(3), age: 10, bytes: 31_400, codec: "f32" } },
  {
    type: "aggregate",
    body: {
      own: filled(2),
      base: filled(1),
      out: filled(4),
      rule: "guarded-median",
      age: 70_000,
      parents: [
        [filled(0x11), filled(0x21), 200, 65_536, "used"],
        [filled(0x12), filled(0x22), 70_000, 40_000, "clipped"],
        [filled(0x13), filled(0x21), 2 ** 40, 0, "duplicate"],
        [filled(0x14), filled(0x24), Number.MAX_SAFE_INTEGER, 0, "invalid"],
      ],
    },
  },
  { type: "train", body: { in: filled(4), out: filled(5), steps: 0, age: 24, engine: "tensorflow/wasm" } },
  { type: "resume", body: { params: filled(5), age: 255 } },
];

assert.equal(START_MS, 1_790_000_000_000, "the fixture depends on it");
