import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { fromHex, toHex } from "../../protocol/base/bytes.ts";

const hex = (text: string) => fromHex(text) as Uint8Array;

/** RFC 8032, section 7.1, tests 1 to 3. */
const RFC_8032 = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

/** The order of the group: a signature whose second half is not below it is malleable, and refused (RFC 8032, 5.1.7). */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

describe("node crypto", () => {
  for (const [i, { seed, publicKey, message, signature }] of RFC_8032.entries()) {
    it(`signs and verifies test ${i + 1} of RFC 8032`, () => {
      const identity = identityFromSeed(hex(seed));
      assert.equal(toHex(identity.publicKey), publicKey);
      assert.equal(toHex(identity.sign(hex(message))), signature);
      assert.ok(nodeCrypto.verify(hex(publicKey), hex(message), hex(signature)));
      assert.ok(!nodeCrypto.verify(hex(publicKey), Uint8Array.of(1), hex(signature)));
    });
  }

  it("refuses a signature with the group order added to its second half", () => {
    const { publicKey, message, signature } = RFC_8032[2] as (typeof RFC_8032)[number];
    const bytes = hex(signature);
    let s = GROUP_ORDER;
    for (let i = 0; i < 32; i++) s += BigInt(bytes[32 + i] as number) << BigInt(8 * i);
    for (let i = 0; i < 32; i++) bytes[32 + i] = Number((s >> BigInt(8 * i)) & 0xffn);
    assert.ok(!nodeCrypto.verify(hex(publicKey), hex(message), bytes));
  });

  it("says false to keys and signatures that are none, and throws nothing", () => {
    const { publicKey, message, signature } = RFC_8032[1] as (typeof RFC_8032)[number];
    for (const length of [0, 31, 33, 64]) {
      assert.equal(nodeCrypto.verify(new Uint8Array(length), hex(message), hex(signature)), false);
      assert.equal(nodeCrypto.verify(hex(publicKey), hex(message), new Uint8Array(length)), false);
    }
    const noPoint = new Uint8Array(32).fill(0xff);
    assert.equal(nodeCrypto.verify(noPoint, hex(message), hex(signature)), false);
  });

  it("still answers right when more keys than it remembers have passed by", () => {
    const { publicKey, message, signature } = RFC_8032[1] as (typeof RFC_8032)[number];
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1100; i++) {
        const stranger = new Uint8Array(32).fill(1);
        new DataView(stranger.buffer).setUint32(0, i);
        nodeCrypto.verify(stranger, hex(message), hex(signature));
      }
      assert.ok(nodeCrypto.verify(hex(publicKey), hex(message), hex(signature)));
    }
  });

  it("hashes with SHA-256 (FIPS 180-4: abc), and gives plain bytes of its own", () => {
    const digest = nodeCrypto.sha256(new TextEncoder().encode("abc"));
    assert.equal(toHex(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert.equal(Object.getPrototypeOf(digest), Uint8Array.prototype);
    assert.equal(digest.buffer.byteLength, 32);
    const view = new Uint8Array(100).fill(7).subarray(10, 90);
    assert.equal(toHex(nodeCrypto.sha256(view)), createHash("sha256").update(view).digest("hex"));
  });

  it("needs a seed of 32 bytes", () => {
    assert.throws(() => identityFromSeed(new Uint8Array(64)), RangeError);
  });
});
