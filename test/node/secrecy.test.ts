/** The seam Secrecy, held against the vectors of the RFCs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { fromHex, toHex } from "../../protocol/base/bytes.ts";

const hex = (text: string) => fromHex(text) as Uint8Array;

describe("secrecy", () => {
  it("has the ChaCha20 of RFC 8439, appendix A.1, vector 1", () => {
    const stream = nodeSecrecy.keyStream(new Uint8Array(32), 64);
    assert.equal(
      toHex(stream),
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    );
  });

  it("agrees on one key from both ends, and on another for another session", () => {
    const [a, b] = [nodeSecrecy.random(32), nodeSecrecy.random(32)];
    const [publicA, publicB] = [nodeSecrecy.publicKeyOf(a), nodeSecrecy.publicKeyOf(b)];
    const [salt, info] = [hex("01"), hex("02")];
    const key = nodeSecrecy.agree(a, publicB, salt, info);
    assert.deepEqual(nodeSecrecy.agree(b, publicA, salt, info), key);
    assert.notDeepEqual(nodeSecrecy.agree(b, publicA, hex("03"), info), key);
    assert.equal(key?.length, 32);
  });

  it("opens what was sealed, and nothing that was changed, cut or sealed with another key", () => {
    const [key, message] = [nodeSecrecy.random(32), hex("00112233")];
    const sealed = nodeSecrecy.seal(key, message);
    assert.equal(sealed.length, message.length + 16);
    assert.deepEqual(nodeSecrecy.open(key, sealed), message);
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.map((byte, j) => (i === j ? byte ^ 1 : byte));
      assert.equal(nodeSecrecy.open(key, changed), undefined);
      assert.equal(nodeSecrecy.open(key, sealed.subarray(0, i)), undefined);
    }
    assert.equal(nodeSecrecy.open(nodeSecrecy.random(32), sealed), undefined);
  });

  it("gives a secret back from as many parts as it takes, whichever, and never from fewer", async () => {
    const secret = nodeSecrecy.random(32);
    const parts = await nodeSecrecy.split(secret, 5, 3);
    assert.deepEqual(new Set(parts.map(({ length }) => length)), new Set([33]));
    const [a, b, c, d, e] = parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    for (const some of [[a, b, c], [e, c, a], [b, d, e], parts])
      assert.deepEqual(await nodeSecrecy.combine(some), secret);
    assert.notDeepEqual(await nodeSecrecy.combine([a, b]), secret);
    assert.equal(await nodeSecrecy.combine([a]), undefined);
    assert.equal(await nodeSecrecy.combine([a, a, b]), undefined);
  });
});
