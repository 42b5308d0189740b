import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { concatBytes, utf8 } from "../../../protocol/base/bytes.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { openEnvelope, seal, sealedPayload, signIn, verifyIn } from "../../../protocol/wire/envelope.ts";
import { mutate, randomBytes } from "../../fuzz/mutate.ts";

const alice = identityFromSeed(new Uint8Array(32).fill(1));
const bob = identityFromSeed(new Uint8Array(32).fill(2));

describe("envelopes", () => {
  it("give back the payload that was sealed", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (payload) => {
        const sealed = seal("announcement", payload, alice);
        assert.equal(sealed.length, 64 + payload.length);
        assert.deepEqual(sealedPayload(sealed), payload);
        assert.deepEqual(openEnvelope("announcement", sealed, nodeCrypto, alice.publicKey), payload);
      }),
    );
  });

  it("sign the domain, a zero byte and the payload", () => {
    const payload = Uint8Array.of(1, 2, 3);
    const signed = concatBytes(utf8("hearsay/announcement/v1"), Uint8Array.of(0), payload);
    assert.deepEqual(seal("announcement", payload, alice).subarray(0, 64), alice.sign(signed));
  });

  it("do not open in another domain or under another key", () => {
    const sealed = seal("announcement", Uint8Array.of(1, 2, 3), alice);
    assert.equal(openEnvelope("log-entry", sealed, nodeCrypto, alice.publicKey), undefined);
    assert.equal(openEnvelope("announcement", sealed, nodeCrypto, bob.publicKey), undefined);
    const signature = signIn("log-entry", Uint8Array.of(7), alice);
    assert.ok(verifyIn("log-entry", Uint8Array.of(7), signature, nodeCrypto, alice.publicKey));
    assert.ok(!verifyIn("announcement", Uint8Array.of(7), signature, nodeCrypto, alice.publicKey));
  });

  it("do not open with any single bit changed, nor cut anywhere", () => {
    const sealed = seal("announcement", Uint8Array.of(1, 2, 3, 4), alice);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(openEnvelope("announcement", changed, nodeCrypto, alice.publicKey), undefined, `bit ${bit}`);
    }
    for (let length = 0; length < sealed.length; length++) {
      const cut = sealed.subarray(0, length);
      assert.equal(openEnvelope("announcement", cut, nodeCrypto, alice.publicKey), undefined, `cut to ${length}`);
    }
  });

  it("survive 30,000 random and mutated inputs and keys: no exception, nothing forged opens", () => {
    const rng = createRng("envelope");
    const sealed = seal("announcement", randomBytes(rng, 40), alice);
    const before = Buffer.from(sealed).toString("hex");
    for (let run = 0; run < 30_000; run++) {
      const bytes = run % 2 === 0 ? mutate(rng, sealed) : randomBytes(rng, rng.below(150));
      const publicKey = run % 8 === 0 ? randomBytes(rng, rng.below(40)) : alice.publicKey;
      if (publicKey === alice.publicKey && Buffer.from(bytes).toString("hex") === before) continue;
      assert.equal(openEnvelope("announcement", bytes, nodeCrypto, publicKey), undefined, `run ${run}`);
    }
  });
});
