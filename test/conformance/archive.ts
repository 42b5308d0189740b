/** What every Archive does that has room and time for all it is given. It may forget, so nothing here asks how long it keeps. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../node/crypto.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Archive, ArchivedBlob } from "../../protocol/base/seams.ts";
import { randomBytes } from "../fuzz/mutate.ts";

/** @param withArchive opens an archive with nothing in it, and closes it when `use` is done. */
export function archiveConformance(
  kind: string,
  withArchive: (use: (archive: Archive) => Promise<void>) => Promise<void>,
): void {
  const test = (claim: string, use: (archive: Archive) => Promise<void>) => it(claim, () => withArchive(use));

  function blob(seed: string, length = 1000): ArchivedBlob {
    const bytes = randomBytes(createRng(seed), length);
    return { hash: nodeCrypto.sha256(bytes), bytes };
  }

  describe(`${kind} archive`, () => {
    test("gives back what was put, its own and that of others, of any length, and undefined for the rest", async (archive) => {
      const [own, empty, long, input] = [blob("own"), blob("empty", 0), blob("long", 700_001), blob("input")];
      assert.equal(await archive.get(own.hash), undefined);
      await archive.put([own, empty, long], [input]);
      for (const { hash, bytes } of [own, empty, long, input]) {
        const found = await archive.get(hash);
        assert.deepEqual(found, bytes);
        assert.equal(Object.getPrototypeOf(found), Uint8Array.prototype);
      }
      assert.equal(await archive.get(blob("never").hash), undefined);
      assert.equal(await archive.getPart(blob("never").hash, 0, 10), undefined);
    });

    test("is readable as soon as `put` resolves, and takes what is there already, or twice in one call, as once", async (archive) => {
      const one = blob("one");
      await archive.put([one, one], [one]);
      assert.deepEqual(await archive.get(one.hash), one.bytes);
      await archive.put([one]);
      await archive.put([]);
      assert.deepEqual(await archive.get(one.hash), one.bytes);
    });

    test("takes what is put all at once", async (archive) => {
      const blobs = Array.from({ length: 20 }, (_, i) => blob(`${i}`));
      await Promise.all(blobs.map((one, i) => (i % 2 === 0 ? archive.put([one]) : archive.put([], [one]))));
      for (const { hash, bytes } of blobs) assert.deepEqual(await archive.get(hash), bytes);
    });

    test("keeps bytes of its own: what is done to those that were put, or that it gave, changes nothing", async (archive) => {
      const { hash, bytes } = blob("mine");
      const expected = bytes.slice();
      await archive.put([{ hash, bytes }]);
      bytes.fill(0);
      const found = (await archive.get(hash)) as Uint8Array;
      assert.deepEqual(found, expected);
      found.fill(1);
      const part = await archive.getPart(hash, 0, 1000);
      part?.chunk.fill(2);
      assert.deepEqual(await archive.get(hash), expected);
      assert.deepEqual((await archive.getPart(hash, 0, 1000))?.chunk, expected);
    });

    test("keeps only the part of a buffer that a view shows", async (archive) => {
      const wide = randomBytes(createRng("wide"), 100);
      const bytes = wide.subarray(10, 30);
      const hash = nodeCrypto.sha256(bytes);
      await archive.put([{ hash, bytes }]);
      const found = (await archive.get(hash)) as Uint8Array;
      assert.deepEqual(found, bytes);
      assert.equal(found.buffer.byteLength, 20);
    });

    test("gives parts: at most so many bytes, from any place, with the length of the whole", async (archive) => {
      const { hash, bytes } = blob("parts", 5000);
      await archive.put([{ hash, bytes }]);
      for (const [offset, maxBytes] of [
        [0, 5000],
        [0, 1],
        [4999, 1],
        [100, 250],
        [4900, 1000],
        [0, 2 ** 31],
        [5000, 10],
        [2 ** 40, 10],
        [17, 0],
      ] as const) {
        const part = await archive.getPart(hash, offset, maxBytes);
        assert.equal(part?.total, 5000);
        assert.deepEqual(part.chunk, bytes.slice(offset, offset + maxBytes), `${maxBytes} bytes from ${offset}`);
        assert.ok(part.verifiedBytes === 0 || part.verifiedBytes === 5000, `${part.verifiedBytes}`);
      }
      assert.equal(
        (await archive.getPart(hash, 0, 1))?.verifiedBytes,
        0,
        "what was found sound is not read whole again",
      );
    });
  });
}
