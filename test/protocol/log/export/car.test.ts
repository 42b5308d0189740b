import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { CarReader } from "@ipld/car";
import { decode, encode } from "@ipld/dag-cbor";
import { varint } from "multiformats";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { concatBytes, equalBytes, toHex, utf8 } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { readCar } from "../../../../protocol/log/export/car.ts";
import { openStoredExport } from "../../../../protocol/log/export/stored-export.ts";
import type { Draft } from "../../../../protocol/log/stored/chain.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { mutate } from "../../../fuzz/mutate.ts";
import { AS_TRAINED } from "../../../support/publications.ts";
import { CRYPTO, collect, memoized, open, TASK } from "../support.ts";
import { assertEveryByteCounts, assertEveryCutShows, carOf, exportOf, inPieces, verify } from "./support.ts";

const crypto = memoized(CRYPTO);
const BODIES = [utf8("the first body"), utf8("the second body"), new Uint8Array(70_000).fill(7)];
const UNNAMED = utf8("a body that the log does not name");
let file: Uint8Array;

/** A log that names the bodies, and the last one twice. */
async function withBodies() {
  const store = createMemoryStore();
  const log = await open({ store });
  const drafts = [0, 2, 1, 2].map((i): Draft => {
    const bytes = BODIES[i] as Uint8Array;
    return {
      type: "publish",
      body: { model: CRYPTO.sha256(bytes), age: i, bytes: bytes.length, codec: "f32", ...AS_TRAINED },
    };
  });
  await log.append(drafts);
  return openStoredExport(store, CRYPTO);
}

before(async () => {
  file = await carOf(await exportOf(50));
});

describe("a log exported as a CAR file", () => {
  it("is what the general reader of @ipld/car reads, with all blocks under their right names", async () => {
    const source = await withBodies();
    const reader = await CarReader.fromBytes(await carOf(source, [...BODIES, UNNAMED]));
    const [root, ...more] = await reader.getRoots();
    assert.equal(more.length, 0);
    const blocks = await collect(reader.blocks());
    for (const { cid, bytes } of blocks) assert.ok(equalBytes(cid.multihash.digest, CRYPTO.sha256(bytes)), `${cid}`);
    const value = decode<Record<string, unknown>>((await reader.get(root as CID))?.bytes as Uint8Array);
    assert.equal(value.size, 5);
    const [page] = value.pages as CID[];
    const lines = decode<[CID, Uint8Array][]>((await reader.get(page as CID))?.bytes as Uint8Array);
    const entries = await collect(source.entries());
    assert.deepEqual(
      lines.map(([cid, signature]) => [toHex(cid.multihash.digest), toHex(signature)]),
      entries.map((signed) => [toHex(CRYPTO.sha256(signed.subarray(64))), toHex(signed.subarray(0, 64))]),
    );
    assert.equal(blocks.length, 2 + 5 + 3, "each body once, and none that the log does not name");
  });

  it("verifies, and gives back entries and bodies with their places in the file", async () => {
    const source = await withBodies();
    const bytes = await carOf(source, BODIES);
    assert.ok((await verify(bytes, crypto)).ok);
    const log = await readCar(inPieces(bytes, 1000), crypto);
    assert.deepEqual(log.header, source.header);
    assert.deepEqual(await collect(log.entries), await collect(source.entries()));
    const blobs = await collect(log.blobs);
    assert.deepEqual(
      blobs.map((blob) => toHex(blob.bytes)),
      [0, 2, 1].map((i) => toHex(BODIES[i] as Uint8Array)),
    );
    for (const { hash, bytes: blob, at } of blobs) {
      assert.ok(equalBytes(hash, CRYPTO.sha256(blob)));
      assert.ok(equalBytes(bytes.subarray(at, at + blob.length), blob));
    }
  });

  it("reads on to the bodies where nobody has taken the entries", async () => {
    const { blobs } = await readCar(inPieces(await carOf(await withBodies(), BODIES)), crypto);
    assert.equal((await collect(blobs)).length, 3);
  });

  it("has pages of 256 entries, whatever the pieces that it is read in", async () => {
    for (const length of [1, 100, 4096]) {
      const log = await readCar(inPieces(file, length), crypto);
      assert.equal((await collect(log.entries)).length, 50);
    }
    for (const size of [256, 257, 513]) {
      const { ok, entries, cosigners } = await verify(await carOf(await exportOf(size)), crypto);
      assert.deepEqual([ok, entries, cosigners.length], [true, size, 2]);
    }
  });

  it("shows every changed byte, of 50 entries", async () => {
    await assertEveryByteCounts(file, crypto, async (changed) => {
      try {
        const { blobs } = await readCar(inPieces(changed), crypto);
        return (await collect(blobs)).length === 0;
      } catch (error) {
        assert.ok(isHearsayError(error, "ERR_LOG_CHAIN"));
        return false;
      }
    });
  });

  it("shows every cut", async () => {
    await assertEveryCutShows(await carOf(await withBodies(), BODIES.slice(0, 2)), crypto);
  });

  it("is bad where bytes follow", async () => {
    const { firstBad } = await verify(concatBytes(file, Uint8Array.of(0)), crypto);
    assert.deepEqual([firstBad?.seq, firstBad?.reason], [50, "file"]);
  });

  it("survives 500 mutations: never good, never an error without a code", async () => {
    const rng = createRng("car");
    for (let run = 0; run < 500; run++) {
      const changed = mutate(rng, file);
      const { ok } = await verify(changed, crypto);
      assert.equal(ok, equalBytes(changed, file), `run ${run}`);
    }
  });
});

/** The file taken apart and put together again, with the root and the sections as `change` gives them back. */
async function rebuilt(
  change: (root: Record<string, unknown>, sections: Uint8Array[]) => { root: object; sections: Uint8Array[] },
): Promise<Uint8Array> {
  const reader = await CarReader.fromBytes(await carOf(await withBodies(), BODIES));
  const [first, ...others] = await collect(reader.blocks());
  const { root, sections } = change(
    decode<Record<string, unknown>>(first?.bytes as Uint8Array),
    others.map(({ cid, bytes }) => section(cid, bytes)),
  );
  const bytes = encode(root);
  const cid = CID.createV1(0x71, createDigest(0x12, CRYPTO.sha256(bytes)));
  const header = encode({ version: 1, roots: [cid] });
  return concatBytes(varintOf(header.length), header, section(cid, bytes), ...sections);
}

function section(cid: CID, bytes: Uint8Array): Uint8Array {
  return concatBytes(varintOf(cid.bytes.length + bytes.length), cid.bytes, bytes);
}

function varintOf(value: number): Uint8Array {
  return varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)));
}

describe("a CAR file of another make, all of whose names are right", () => {
  it("is accepted where it is the same file", async () => {
    const same = await rebuilt((root, sections) => ({ root, sections }));
    assert.deepEqual(same, await carOf(await withBodies(), BODIES));
  });

  it("is bad where a block is missing, repeated, moved or unheard of", async () => {
    const extra = section(CID.createV1(0x55, createDigest(0x12, CRYPTO.sha256(UNNAMED))), UNNAMED);
    const changes: ((sections: Uint8Array[]) => Uint8Array[])[] = [
      (sections) => sections.toSpliced(0, 1),
      (sections) => sections.toSpliced(2, 1),
      (sections) => sections.toSpliced(2, 0, sections[2] as Uint8Array),
      (sections) => sections.with(6, sections[7] as Uint8Array).with(7, sections[6] as Uint8Array),
      (sections) => [...sections, extra],
    ];
    for (const change of changes) {
      const changed = await rebuilt((root, sections) => ({ root, sections: change(sections) }));
      assert.equal((await verify(changed, crypto)).firstBad?.reason, "file", `${change}`);
    }
    const short = await rebuilt((root, sections) => ({ root, sections: sections.slice(0, -1) }));
    assert.equal((await verify(short, crypto)).firstBad?.reason, "cut");
  });

  it("is bad where the root says something else than the log", async () => {
    const unnamed = CID.createV1(0x55, createDigest(0x12, CRYPTO.sha256(UNNAMED)));
    const roots: [(root: Record<string, unknown>) => object, string][] = [
      [(root) => ({ ...root, size: 4 }), "file"],
      [(root) => ({ ...root, size: 300 }), "file"],
      [(root) => ({ ...root, generation: 1 }), "file"],
      [(root) => ({ ...root, task: new Uint8Array(32) }), "file"],
      [(root) => ({ ...root, v: 2 }), "file"],
      [(root) => ({ ...root, note: "trust me" }), "file"],
      [(root) => ({ ...root, pages: [...(root.pages as CID[]), ...(root.pages as CID[])] }), "file"],
      [(root) => ({ ...root, blobs: (root.blobs as CID[]).toReversed() }), "file"],
      [(root) => ({ ...root, blobs: [...(root.blobs as CID[]), (root.blobs as CID[])[0]] }), "file"],
      [(root) => ({ ...root, blobs: [...(root.blobs as CID[]), unnamed] }), "file"],
      [(root) => ({ ...root, evidence: [TASK] }), "file"],
      [() => [1, 2, 3], "file"],
    ];
    for (const [change, reason] of roots) {
      const changed = await rebuilt((root, sections) => ({ root: change(root), sections }));
      assert.equal((await verify(changed, crypto)).firstBad?.reason, reason, `${change}`);
    }
  });

  it("is bad where a length is not in its shortest form, or the file has two roots or is of version 2", async () => {
    const good = await carOf(await withBodies(), []);
    const [length, bytes] = [good[59] as number, good[60] as number];
    assert.ok(length >= 0x80 && bytes < 0x80, "a varint of two bytes");
    const longer = concatBytes(good.subarray(0, 60), Uint8Array.of(bytes | 0x80, 0), good.subarray(61));
    const header = (value: object) => concatBytes(varintOf(encode(value).length), encode(value));
    const cid = CID.decode(good.slice(14, 50));
    const twoRoots = concatBytes(header({ version: 1, roots: [cid, cid] }), good.subarray(59));
    const version2 = concatBytes(header({ version: 2, roots: [cid] }), good.subarray(59));
    for (const other of [longer, twoRoots, version2])
      assert.equal((await verify(other, crypto)).firstBad?.reason, "file");
  });
});
