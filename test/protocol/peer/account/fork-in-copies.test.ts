/** Evidence out of copies of a log: by what they show, what their writer announced, and notes. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { decodeEvidence, verifyEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { readExport } from "../../../../protocol/log/export/verify-export.ts";
import { encodeWithheld } from "../../../../protocol/log/export/withheld.ts";
import { type Copies, forkInCopies } from "../../../../protocol/peer/account/fork-in-copies.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { forkedCopies } from "../../../support/forked-copies.ts";
import { FIXTURES } from "../../../support/log-fixtures.ts";
import { inPieces } from "../../log/export/support.ts";
import { CRYPTO, identity, TASK } from "../../log/support.ts";

const WRITER = 5;
const { author, copies } = await forkedCopies(TASK, WRITER);
const opened = (files: readonly Uint8Array[]) => files.map((file) => () => readExport(inPieces(file), CRYPTO));
const fixture = async (name: string) => Uint8Array.from(await readFile(new URL(name, FIXTURES)));

/** Whom it convicts, and of what. */
async function found(known: Partial<Copies> & Pick<Copies, "copies">): Promise<string | undefined> {
  const evidence = await forkInCopies({ announced: [], notes: [], ...known }, CRYPTO);
  if (evidence === undefined) return undefined;
  const conviction = verifyEvidence(decodeEvidence(evidence), CRYPTO);
  return `${conviction?.peer} ${conviction?.kind}`;
}

const announcedAt = (seq: number) => {
  const hash = new Uint8Array(32).fill(7);
  const place = { generation: 0, seq, entry: hash, root: hash, note: new Uint8Array(64) };
  const draft = { task: TASK, ...place, model: hash, bytes: 1, age: 1, tsMs: 0 };
  return decodeAnnouncement(encodeAnnouncement(draft, identity(WRITER)));
};

async function* withholding(entries: AsyncIterable<Uint8Array>, place: number, withheld: Uint8Array) {
  let seq = 0;
  for await (const entry of entries) yield seq++ === place ? withheld : entry;
}

describe("evidence out of copies of a log", () => {
  it("is made of the entries at which two copies part", async () => {
    assert.equal(await found({ copies: opened(copies), parted: 4 }), `${author} fork`);
  });

  it("is made of an entry, or of the one after it, and an announcement of another one in its place", async () => {
    for (const seq of [1, 4]) {
      const announced = [announcedAt(seq)];
      assert.equal(await found({ copies: opened(copies.slice(0, 1)), announced }), `${author} fork`);
    }
    assert.equal(await found({ copies: opened(copies.slice(0, 1)), announced: [announcedAt(90)] }), undefined);
  });

  it("is made of the entry after one that is withheld, which names it", async () => {
    const nothing = { id: new Uint8Array(32), leaf: new Uint8Array(32), signature: new Uint8Array(64) };
    const redacted = opened(copies.slice(0, 1)).map((open) => async () => {
      const { entries, ...rest } = await open();
      return { ...rest, entries: withholding(entries, 3, encodeWithheld(nothing)) };
    });
    assert.equal(await found({ copies: redacted, announced: [announcedAt(3)] }), `${author} fork`);
  });

  it("is made of two notes about as many entries, whoever cosigned them", async () => {
    const noteOf = async (name: string) => (await readExport(inPieces(await fixture(name)), CRYPTO)).header?.checkpoint;
    const notes = [await noteOf("log-fork-a.jsonl")].filter((note) => typeof note === "string");
    const other = opened([await fixture("log-fork-b.car")]);
    assert.match((await found({ copies: other, notes })) ?? "", / fork$/);
    assert.equal(await found({ copies: opened([await fixture("log-fork-a.jsonl")]), notes }), undefined);
  });

  it("is that which stands in a copy already", async () => {
    assert.match((await found({ copies: opened([await fixture("log-evidence.jsonl")]) })) ?? "", / fork$/);
  });

  it("is not made where all goes on from one another, a note is none, or signatures do not hold", async () => {
    const [one] = copies;
    assert.equal(await found({ copies: opened([one, one]), parted: 4, notes: ["no note"] }), undefined);
    assert.equal(await found({ copies: [] }), undefined);
    const forged = (await forkedCopies(TASK, WRITER + 1)).copies[1];
    assert.equal(await found({ copies: opened([one, forged]), parted: 4 }), undefined, "of another key");
  });
});
