import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRecentSet } from "../../../protocol/base/bounded.ts";
import { createRecentHashes } from "../../../protocol/base/recent-hashes.ts";
import { createRng } from "../../../protocol/base/rng.ts";

/** 32 bytes, all 0 but two: as alike as hashes can be. */
const alike = (first: number, eighth: number) =>
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : i === 7 ? eighth : 0));

describe("recent hashes", () => {
  it("are those of a set that keeps them whole, whatever is added and asked", async () => {
    const member = fc.tuple(fc.nat(3), fc.nat(5), fc.nat(40));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 400 }), fc.constantFrom(2, 7, 64), (added, capacity) => {
        const [hashes, whole] = [createRecentHashes(capacity), createRecentSet<string>(capacity)];
        for (const [tag, first, eighth] of added) {
          const name = `${tag}/${first}/${eighth}`;
          assert.equal(hashes.has(tag, alike(first, eighth)), whole.has(name), name);
          hashes.add(tag, alike(first, eighth));
          whole.add(name);
          assert.ok(hashes.has(tag, alike(first, eighth)));
        }
      }),
    );
  });

  it("have room for hashes of zeros and for every number", () => {
    const hashes = createRecentHashes(8);
    const zeros = new Uint8Array(32);
    for (const tag of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      assert.ok(!hashes.has(tag, zeros), `${tag}`);
      hashes.add(tag, zeros);
      assert.ok(hashes.has(tag, zeros), `${tag}`);
    }
  });

  it("are the newest half of the capacity at least, and take none for another among 100,000", () => {
    const rng = createRng("recent hashes");
    const all = Array.from({ length: 100_000 }, () => Uint8Array.from({ length: 32 }, () => rng.below(256)));
    const hashes = createRecentHashes(4096);
    for (const [i, hash] of all.entries()) {
      assert.ok(!hashes.has(i % 7, hash));
      hashes.add(i % 7, hash);
    }
    assert.ok(all.slice(-2048).every((hash, i) => hashes.has((all.length - 2048 + i) % 7, hash)));
    const kept = all.filter((hash, i) => hashes.has(i % 7, hash)).length;
    assert.ok(kept <= 4096, `${kept}`);
  });
});
