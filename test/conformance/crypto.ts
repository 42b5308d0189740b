/** What every Crypto does: SHA-256 of FIPS 180-4 and Ed25519 of RFC 8032, by the stricter rule of protocol/wire/ed25519.ts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fromHex, toHex, utf8 } from "../../protocol/base/bytes.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity } from "../../protocol/base/seams.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { randomBytes } from "../fuzz/mutate.ts";

export interface CryptoFactory {
  readonly crypto: Crypto;
  identityFromSeed(seed: Uint8Array): Identity;
}

const hex = (text: string) => fromHex(text) as Uint8Array;

/** FIPS 180-4, and its examples of NIST for long messages. */
const SHA_256: readonly (readonly [message: Uint8Array, hash: string])[] = [
  [utf8(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [utf8("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [utf8("a".repeat(1_000_000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

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
] as const;

/** The order of the group: a signature whose second half is not below it is malleable, and refused (RFC 8032, 5.1.7). */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

export function cryptoConformance(kind: string, { crypto, identityFromSeed }: CryptoFactory): void {
  describe(`${kind} crypto: hashes`, () => {
    it("of parts, where it makes such, are those of the whole, however it is cut", () => {
      if (crypto.sha256InParts === undefined) return;
      for (const [i, length] of [0, 1, 63, 64, 65, 100_000].entries()) {
        const whole = randomBytes(createRng(`parts ${i}`), length);
        const hashing = crypto.sha256InParts();
        for (let at = 0; at < length; at += 1 + (length >> 2))
          hashing.update(whole.subarray(at, at + 1 + (length >> 2)));
        assert.deepEqual(hashing.digest(), crypto.sha256(whole));
      }
    });

    it("are SHA-256, of views of larger buffers too, and the same every time", () => {
      for (let time = 0; time < 3; time++)
        for (const [message, hash] of SHA_256) {
          assert.equal(toHex(crypto.sha256(message)), hash);
          const wide = new Uint8Array(message.length + 20).fill(7);
          wide.set(message, 10);
          assert.equal(toHex(crypto.sha256(wide.subarray(10, 10 + message.length))), hash);
        }
    });

    it("are plain bytes that belong to the caller", () => {
      for (const length of [3, 5000]) {
        const message = randomBytes(createRng("own"), length);
        const hash = crypto.sha256(message);
        assert.equal(Object.getPrototypeOf(hash), Uint8Array.prototype);
        assert.equal(hash.buffer.byteLength, 32);
        const expected = toHex(hash);
        for (let time = 0; time < 3; time++) {
          const again = crypto.sha256(message);
          assert.equal(toHex(again), expected);
          again.fill(0);
        }
      }
    });

    it("are of the bytes as they are now: the memory of a message may be used again, and is not written to", () => {
      const message = randomBytes(createRng("changed"), 4096);
      const before = message.slice();
      const hash = toHex(crypto.sha256(message));
      assert.deepEqual(message, before);
      message[7] = (message[7] as number) ^ 1;
      assert.notEqual(toHex(crypto.sha256(message)), hash);
      message[7] = (message[7] as number) ^ 1;
      assert.equal(toHex(crypto.sha256(message)), hash);
    });
  });

  describe(`${kind} crypto: signatures`, () => {
    for (const [i, { seed, publicKey, message, signature }] of RFC_8032.entries()) {
      it(`are made and verified as in test ${i + 1} of RFC 8032`, () => {
        const identity = identityFromSeed(hex(seed));
        assert.equal(toHex(identity.publicKey), publicKey);
        assert.equal(identity.peerId, peerIdFromPublicKey(hex(publicKey)));
        assert.equal(toHex(identity.sign(hex(message))), signature);
        assert.equal(crypto.verify(hex(publicKey), hex(message), hex(signature)), true);
        assert.equal(crypto.verify(hex(publicKey), Uint8Array.of(1), hex(signature)), false);
      });
    }

    it("hold or do not as test/vectors/ed25519.json says, which no two implementations of Ed25519 need agree on", () => {
      const path = join(import.meta.dirname, "..", "vectors", "ed25519.json");
      const { cases } = JSON.parse(readFileSync(path, "utf8")) as {
        cases: readonly { why: string; holds: boolean; publicKey: string; message: string; signature: string }[];
      };
      for (const { why, holds, publicKey, message, signature } of cases)
        assert.equal(crypto.verify(hex(publicKey), hex(message), hex(signature)), holds, why);
    });

    it("do not hold with any bit of key, message or signature changed", () => {
      const identity = identityFromSeed(new Uint8Array(32).fill(3));
      const message = utf8("a message of some bytes");
      const parts = [identity.publicKey, message, identity.sign(message)] as const;
      for (const which of [0, 1, 2])
        for (const bit of [0, 7, 100, 8 * (parts[which] as Uint8Array).length - 1]) {
          const changed = parts.map((part) => part.slice()) as [Uint8Array, Uint8Array, Uint8Array];
          const part = changed[which] as Uint8Array;
          part[bit >> 3] = (part[bit >> 3] as number) ^ (1 << (bit & 7));
          assert.equal(crypto.verify(...changed), false, `bit ${bit} of part ${which}`);
        }
      assert.equal(crypto.verify(...parts), true);
    });

    it("do not hold with the group order added to their second half", () => {
      const { publicKey, message, signature } = RFC_8032[2];
      const bytes = hex(signature);
      let s = GROUP_ORDER;
      for (let i = 0; i < 32; i++) s += BigInt(bytes[32 + i] as number) << BigInt(8 * i);
      for (let i = 0; i < 32; i++) bytes[32 + i] = Number((s >> BigInt(8 * i)) & 0xffn);
      assert.equal(crypto.verify(hex(publicKey), hex(message), bytes), false);
    });

    it("of a wrong length, or under what is no key, are false and no exception", () => {
      const { publicKey, message, signature } = RFC_8032[1];
      for (const length of [0, 31, 33, 63, 65, 1000]) {
        assert.equal(crypto.verify(new Uint8Array(length), hex(message), hex(signature)), false);
        assert.equal(crypto.verify(hex(publicKey), hex(message), new Uint8Array(length)), false);
      }
      assert.equal(crypto.verify(new Uint8Array(32).fill(0xff), hex(message), hex(signature)), false);
    });

    it("are the same for the same message, plain bytes, and the caller's", () => {
      const identity = identityFromSeed(new Uint8Array(32).fill(4));
      const first = identity.sign(utf8("m"));
      const expected = toHex(first);
      assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype);
      first.fill(0);
      assert.equal(toHex(identity.sign(utf8("m"))), expected);
    });

    it("are right after more keys have passed by than any cache holds", () => {
      const { publicKey, message, signature } = RFC_8032[1];
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 1100; i++) {
          const stranger = new Uint8Array(32).fill(1);
          new DataView(stranger.buffer).setUint32(0, i);
          crypto.verify(stranger, hex(message), hex(signature));
        }
        assert.equal(crypto.verify(hex(publicKey), hex(message), hex(signature)), true);
      }
    });
  });
}
