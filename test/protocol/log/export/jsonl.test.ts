import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { equalBytes, fromHex, utf8 } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { type Entry, readEntry } from "../../../../protocol/log/entry/entry.ts";
import { formatHeader, formatLine, parseHeader, parseLine } from "../../../../protocol/log/export/jsonl.ts";
import type { LogSource } from "../../../../protocol/log/export/stored-export.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { acceptsOrRefuses, mutate } from "../../../fuzz/mutate.ts";
import { CRYPTO, collect, identity, memoized, open, storedLog } from "../support.ts";
import { assertEveryByteCounts, assertEveryCutShows, exportOf, jsonlOf, verify } from "./support.ts";

const crypto = memoized(CRYPTO);
let source: LogSource;
let entries: Entry[];
let header: string;
let lines: string[];

before(async () => {
  source = await exportOf(20);
  entries = (await collect(source.entries())).map((signed) => readEntry(signed, CRYPTO));
  header = formatHeader(source.header);
  lines = entries.map(formatLine);
});

const NEWLINE = 0x0a;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fileOf = (...all: readonly string[]) => utf8(all.map((line) => `${line}\n`).join(""));

/** `lines` with one line replaced by a change of its JSON. */
function edited(seq: number, edit: (line: Record<string, unknown>) => void): string[] {
  const line = JSON.parse(lines[seq] as string) as Record<string, unknown>;
  edit(line);
  return lines.with(seq, JSON.stringify(line));
}

async function firstBad(changed: readonly string[]) {
  const { ok, firstBad } = await verify(fileOf(header, ...changed), crypto);
  assert.equal(ok, false);
  return { seq: firstBad?.seq, reason: firstBad?.reason };
}

describe("a log exported as JSON lines", () => {
  it("gives back the header and the bytes that were stored", async () => {
    assert.deepEqual(parseHeader(header), source.header);
    for (const [i, line] of lines.entries()) assert.deepEqual(parseLine(line, crypto).signed, entries[i]?.signed);
    assert.deepEqual(await jsonlOf(source), fileOf(header, ...lines));
  });

  it("is bad where the readable half shows something else than was signed, whichever field it is", async () => {
    const edits: ((line: Record<string, unknown>) => void)[] = [
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

  it("is bad where a line is not written as it is exported, though it says the same", async () => {
    const line = lines[3] as string;
    const spaced = line.replace('"type":', '"type": ');
    const escaped = line.replace('"aggregate"', '"\\u0061ggregate"');
    const twice = line.replace('{"seq":3,', '{"seq":9,"seq":3,');
    for (const other of [spaced, escaped, twice, `${line} `, `${line}\r`]) {
      assert.notEqual(other, line);
      assert.deepEqual(await firstBad(lines.with(3, other)), { seq: 3, reason: "view" }, other.slice(-20));
    }
    const marked = Buffer.concat([Buffer.from("\ufeff"), fileOf(header, ...lines)]);
    assert.equal((await verify(marked, crypto)).ok, false, "a byte order mark");
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
    for (const line of [...nonsense, "x".repeat(100_000)])
      assert.deepEqual(await firstBad(lines.with(2, line)), { seq: 2, reason: "decode" }, line.slice(0, 40));
  });

  it("has the header that was written, or none: any other is bad", async () => {
    const of = (change: object) => JSON.stringify({ ...(JSON.parse(header) as object), ...change });
    const { checkpoint } = source.header;
    const others: [string, reason: string][] = [
      [of({ size: 19 }), "file"],
      [of({ size: 21 }), "cut"],
      [of({ size: -1 }), "decode"],
      [of({ generation: 1 }), "file"],
      [of({ task: "00".repeat(32) }), "file"],
      [of({ publicKey: "00".repeat(32) }), "file"],
      [of({ publicKey: "00" }), "decode"],
      [of({ v: 2 }), "decode"],
      [of({ checkpoint: "" }), "decode"],
      [of({ checkpoint: checkpoint?.replace("\n19\n", "\n18\n") }), "signature"],
      [of({ evidence: ["AA=="] }), "file"],
      [of({ more: 1 }), "decode"],
      [header.replace('"v":1', '"v": 1'), "decode"],
      ["{}", "decode"],
      ["", "file"], // what does not begin with a brace is taken for a CAR file
    ];
    for (const [other, reason] of others) {
      const { firstBad } = await verify(fileOf(other, ...lines), crypto);
      assert.equal(firstBad?.reason, reason, other.slice(0, 80));
    }
  });

  it("of before there were headers verifies still; whether it was cut cannot be told", async () => {
    const { ok, checkpoint, entries: count } = await verify(fileOf(...lines.slice(0, 12)), crypto);
    assert.deepEqual({ ok, checkpoint, count }, { ok: true, checkpoint: undefined, count: 12 });
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
    assert.ok((await verify(fileOf(...exported), crypto)).ok, `${exported[1]?.length} characters`);
  });

  it("shows every changed byte, of 50 entries", async () => {
    const file = await jsonlOf(await exportOf(50));
    const lineAt = (at: number) => [file.lastIndexOf(NEWLINE, at - 1) + 1, file.indexOf(NEWLINE, at)] as const;
    await assertEveryByteCounts(file, crypto, async (changed, at) => {
      const [start, end] = lineAt(at);
      if (start === 0 || at === end) return true; // the header, and ends of lines
      return acceptsOrRefuses(() => parseLine(text(changed.subarray(start, end)), crypto));
    });
  });

  it("shows every cut", async () => {
    await assertEveryCutShows(await jsonlOf(await exportOf(5)), crypto);
  });

  it("survives 30,000 mutated lines: a coded error, or the very line that is written for what it holds", () => {
    const rng = createRng("jsonl");
    for (let run = 0; run < 30_000; run++) {
      const line = lines[run % lines.length] as string;
      const changed = text(mutate(rng, utf8(line)));
      if (acceptsOrRefuses(() => parseLine(changed, crypto)))
        assert.equal(formatLine(parseLine(changed, crypto)), changed);
    }
  });

  it("refuses a line whose evidence is too long, before it decodes it", () => {
    const cbor = Buffer.alloc(9000).toString("base64");
    const { sig } = JSON.parse(lines[2] as string) as { sig: string };
    assert.throws(
      () => parseLine(JSON.stringify({ cbor, sig }), crypto),
      (error) => isHearsayError(error, "ERR_TOO_LARGE"),
    );
  });
});

describe("the log of version 1 in test/fixtures/log-v1.jsonl", () => {
  const fixture = new URL("../../../fixtures/log-v1.jsonl", import.meta.url);
  const HEAD = "15cad57b2ad93ec6c4cb4e7123233c4fc60ce4a5f8a417047e0558af30fcc3cf";

  it("verifies for ever", async () => {
    const { ok, entries: count, peer, head, checkpoint } = await verify(await readFile(fixture), CRYPTO);
    assert.deepEqual({ ok, count, checkpoint }, { ok: true, count: 6, checkpoint: undefined });
    assert.equal(peer, "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
    assert.ok(equalBytes(head?.id ?? new Uint8Array(0), fromHex(HEAD) as Uint8Array));
  });

  it("opens from a store for ever", async () => {
    const stored = (await readFile(fixture, "utf8")).trimEnd().split("\n");
    const store = createMemoryStore();
    for (const [seq, line] of stored.entries())
      await store.write([
        { key: `log/e/${seq.toString(16).padStart(16, "0")}`, value: parseLine(line, CRYPTO).signed },
      ]);
    await store.write([{ key: "log/head", value: fromHex(`8301055820${HEAD}`) as Uint8Array }]);
    const log = await open({ store });
    assert.equal(log.head().size, stored.length);
  });
});
