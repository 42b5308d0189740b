/** A redacted export: entries that name other peers are withheld, and the chain, the tree and forks still show. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { toHex } from "../../../../protocol/base/bytes.ts";
import { readJsonl, writeJsonl } from "../../../../protocol/log/export/jsonl.ts";
import { firstDifference } from "../../../../protocol/log/export/verify-export.ts";
import { encodeWithheld, isWithheld, readWithheld, redact } from "../../../../protocol/log/export/withheld.ts";
import { FIXTURES } from "../../../support/log-fixtures.ts";
import { CRYPTO } from "../support.ts";
import { inPieces, verify } from "./support.ts";

type Lines = readonly string[];

async function redacted(name: string): Promise<Lines> {
  const log = await readJsonl(inPieces(await readFile(new URL(name, FIXTURES))), CRYPTO);
  async function* entries() {
    for await (const signed of log.entries) yield redact(signed, CRYPTO);
  }
  const header = { ...(log.header ?? assert.fail()), cosigned: null };
  const pieces: string[] = [];
  for await (const piece of writeJsonl(header, entries(), CRYPTO)) pieces.push(piece.trimEnd());
  return pieces;
}

const bytesOf = (lines: Lines) => Buffer.from(lines.map((line) => `${line}\n`).join(""));
const verdict = async (lines: Lines) => verify(bytesOf(lines), CRYPTO);
const isShort = (line: string) => line.includes('"withheld"');

describe("a redacted export", () => {
  it("holds, says how much is withheld, and names nobody but its writer and whom that made its successor", async () => {
    const lines = await redacted("log-whole.jsonl");
    const { ok, entries, withheld, checkpoint } = await verdict(lines);
    assert.deepEqual([ok, entries, checkpoint?.size], [true, 60, 56]);
    assert.equal(withheld, lines.filter(isShort).length);
    assert.ok((withheld ?? 0) > 8);
    const text = lines.join("\n");
    for (const other of [0x11, 0x12]) assert.ok(!text.includes(toHex(new Uint8Array(32).fill(other))));
    assert.ok(!text.includes("12D3KooW"), "nor who cosigned");
  });

  it("is bad where a withheld entry is missing, moved, changed, or stands for one that the writer never signed", async () => {
    const lines = await redacted("log-whole.jsonl");
    const at = lines.findIndex(isShort);
    const later = lines.findLastIndex((line, i) => isShort(line) && i < 50);
    const line = JSON.parse(lines[at] as string);
    const other = JSON.parse(lines[later] as string);
    const changes: readonly [what: string, lines: Lines][] = [
      ["missing", lines.toSpliced(at, 1)],
      ["another's content in its place", lines.with(at, JSON.stringify({ ...other, seq: line.seq }))],
      ["another number", lines.with(at, JSON.stringify({ ...line, seq: line.seq + 1 }))],
      ["another id", lines.with(at, JSON.stringify({ ...line, hash: other.hash }))],
      [
        "another leaf, which the checkpoint covers",
        lines.with(at, JSON.stringify({ ...line, withheld: other.withheld })),
      ],
      ["another signature", lines.with(at, JSON.stringify({ ...line, sig: other.sig }))],
      ["a field more", lines.with(at, JSON.stringify({ ...line, more: 1 }))],
    ];
    for (const [what, changed] of changes) assert.equal((await verdict(changed)).ok, false, what);
  });

  it("does not begin with a withheld entry", async () => {
    const [header = "", genesis = "", ...rest] = await redacted("log-fork-a.jsonl");
    const { hash, sig } = JSON.parse(genesis);
    const short = JSON.stringify({ seq: 0, hash, withheld: hash, sig });
    assert.equal((await verdict([header, short, ...rest])).firstBad?.reason, "genesis");
  });

  it("still shows where two histories part, against a whole export and a redacted one", async () => {
    const log = async (lines: Lines) => readJsonl(inPieces(bytesOf(lines)), CRYPTO);
    const [a, whole] = [
      await redacted("log-whole.jsonl"),
      await readFile(new URL("log-whole.jsonl", FIXTURES), "utf8"),
    ];
    const same = await firstDifference(await log(a), await log(whole.trimEnd().split("\n")), 60, CRYPTO);
    assert.equal(same, undefined);
    const at = a.findIndex(isShort);
    const other = JSON.stringify({ ...JSON.parse(a[at] as string), hash: "ab".repeat(32) });
    assert.equal(await firstDifference(await log(a), await log(a.with(at, other)), 60, CRYPTO), at - 1);
  });

  it("has one form of a withheld entry", () => {
    const signed = encodeWithheld({
      id: new Uint8Array(32),
      leaf: new Uint8Array(32).fill(1),
      signature: new Uint8Array(64),
    });
    assert.ok(isWithheld(signed));
    assert.deepEqual(encodeWithheld(readWithheld(signed) ?? assert.fail()), signed);
    for (const bytes of [signed.subarray(1), signed.with(64, 0x84), signed.with(65, 1), signed.with(66, 0)])
      assert.equal(readWithheld(bytes), undefined);
  });
});
