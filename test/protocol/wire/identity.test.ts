import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateKeyPair, privateKeyFromProtobuf, publicKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPublicKey as libp2pPeerId, peerIdFromPrivateKey } from "@libp2p/peer-id";
import fc from "fast-check";
import { fromHex } from "../../../protocol/base/bytes.ts";
import { peerIdFromPublicKey, publicKeyFromPeerId } from "../../../protocol/wire/identity.ts";

const key = () => fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("peer ids", () => {
  it("agree with libp2p on the Ed25519 test vector of specs/peer-ids", () => {
    const protobuf = fromHex(
      "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
    ) as Uint8Array;
    const publicKey = fromHex("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e") as Uint8Array;
    const expected = peerIdFromPrivateKey(privateKeyFromProtobuf(protobuf)).toString();
    assert.equal(peerIdFromPublicKey(publicKey), expected);
    assert.deepEqual(publicKeyFromPeerId(expected), publicKey);
  });

  it("agree with libp2p for any 32 bytes, and give them back", () => {
    fc.assert(
      fc.property(key(), (publicKey) => {
        const peerId = peerIdFromPublicKey(publicKey);
        assert.equal(peerId, libp2pPeerId(publicKeyFromRaw(publicKey)).toString());
        assert.deepEqual(publicKeyFromPeerId(peerId), publicKey);
      }),
    );
  });

  it("are one text per key: no other text of any length gives a key", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ minLength: 52, maxLength: 52, unit: "grapheme-ascii" })),
        (text) => {
          assert.equal(publicKeyFromPeerId(text), undefined);
        },
      ),
    );
    fc.assert(
      fc.property(key(), fc.nat(51), fc.string({ minLength: 1, maxLength: 1 }), (publicKey, at, character) => {
        const peerId = peerIdFromPublicKey(publicKey);
        const changed = peerId.slice(0, at) + character + peerId.slice(at + 1);
        const found = publicKeyFromPeerId(changed);
        if (found !== undefined) assert.equal(peerIdFromPublicKey(found), changed);
      }),
    );
  });

  it("of other kinds of keys, and CIDs, hold no Ed25519 key", async () => {
    const secp256k1 = peerIdFromPrivateKey(await generateKeyPair("secp256k1"));
    const rsa = peerIdFromPrivateKey(await generateKeyPair("RSA", 2048));
    const ed25519 = peerIdFromPrivateKey(await generateKeyPair("Ed25519"));
    for (const text of [secp256k1.toString(), rsa.toString(), ed25519.toCID().toString(), "", "12D3KooW"]) {
      assert.equal(publicKeyFromPeerId(text), undefined, text);
    }
  });

  it("need a key of 32 bytes", () => {
    assert.throws(() => peerIdFromPublicKey(new Uint8Array(31)), RangeError);
  });
});
