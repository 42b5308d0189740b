/** The memory of hashes: exact whatever the bytes, nothing shared, and bounded. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createSimulatedCrypto, rememberHashes } from "../../../sim/seams/crypto.ts";
import { cryptoConformance } from "../../conformance/crypto.ts";
import { randomBytes } from "../../fuzz/mutate.ts";

/** As MEMORY_BYTES of sim/seams/crypto.ts. */
const MEMORY_BYTES = 64 * 2 ** 20;
const MEBIBYTE = 2 ** 20;

function counted(): { readonly remembered: typeof nodeCrypto.sha256; readonly calls: () => number } {
  let calls = 0;
  const remembered = rememberHashes((bytes) => {
    calls++;
    return nodeCrypto.sha256(bytes);
  });
  return { remembered, calls: () => calls };
}

cryptoConformance("simulated", { crypto: createSimulatedCrypto(nodeCrypto, true), identityFromSeed });

describe("a remembered hash", () => {
  it("is SHA-256 for any bytes, the first time and every time after", () => {
    const { remembered } = counted();
    const length = fc.oneof(fc.nat(64), fc.constantFrom(1023, 1024, 1025), fc.integer({ min: 1024, max: 5000 }));
    fc.assert(
      fc.property(length, fc.string(), (size, seed) => {
        const bytes = randomBytes(createRng(seed), size);
        const expected = nodeCrypto.sha256(bytes);
        for (let time = 0; time < 3; time++) assert.deepEqual(remembered(bytes), expected);
        assert.deepEqual(remembered(Uint8Array.from(bytes)), expected, "other memory");
      }),
    );
  });

  it("is that of its own bytes where others differ in one place only, whichever it is", () => {
    const { remembered } = counted();
    const bytes = randomBytes(createRng("base"), 2048);
    remembered(bytes);
    // Only 16 places are looked at before all are compared, so nearly all of these have the same fingerprint.
    for (let place = 0; place < bytes.length; place++) {
      const other = Uint8Array.from(bytes);
      other[place] = (other[place] as number) ^ 1;
      assert.deepEqual(remembered(other), nodeCrypto.sha256(other), `byte ${place}`);
      assert.deepEqual(remembered(bytes), nodeCrypto.sha256(bytes), `after byte ${place}`);
    }
  });

  it("is that of the bytes as they are now, where an array was changed after it was hashed", () => {
    const { remembered } = counted();
    const bytes = randomBytes(createRng("changed"), 4096);
    remembered(bytes);
    bytes[3] = (bytes[3] as number) ^ 0xff;
    assert.deepEqual(remembered(bytes), nodeCrypto.sha256(bytes));
  });

  it("belongs to the caller, who may overwrite it", () => {
    const { remembered } = counted();
    const bytes = randomBytes(createRng("own"), 4096);
    const expected = nodeCrypto.sha256(bytes);
    for (let time = 0; time < 3; time++) {
      const hash = remembered(bytes);
      assert.deepEqual(hash, expected);
      hash.fill(0);
    }
  });
});

describe("the memory", () => {
  it("hashes long messages once, short ones whenever they come", () => {
    const { remembered, calls } = counted();
    const [long, short] = [randomBytes(createRng(1), 1024), randomBytes(createRng(2), 1023)];
    for (let time = 0; time < 5; time++) for (const bytes of [long, short]) remembered(bytes);
    assert.equal(calls(), 1 + 5);
  });

  it("holds the newest bodies, at least half of its bytes and never more than all of them", () => {
    const { remembered, calls } = counted();
    const bodies = 150;
    const body = (n: number) => new Uint8Array(MEBIBYTE).fill(1 + n);
    for (let n = 0; n < bodies; n++) remembered(body(n));
    assert.equal(calls(), bodies);
    let held = 0;
    for (let n = bodies - 1; n >= 0; n--) {
      const before = calls();
      remembered(body(n));
      if (calls() > before) break;
      held++;
    }
    assert.ok(2 * held * MEBIBYTE >= MEMORY_BYTES - 2 * MEBIBYTE, `${held} MiB are held`);
    assert.ok(held * MEBIBYTE <= MEMORY_BYTES, `${held} MiB are held`);
  });
});
