/** Masks: as other software makes them, gone from the sum of all, and all that is seen of a vector without its keys. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { fromHex, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { addWords, applyMasks, type Mask, pairMask } from "../../../protocol/cohort/masks.ts";

interface Vectors {
  readonly secrets: readonly string[];
  readonly publicKeys: readonly string[];
  readonly session: string;
  readonly info: string;
  readonly inputs: readonly (readonly number[])[];
  readonly masked: readonly (readonly number[])[];
  readonly sum: readonly number[];
}

const path = new URL("../../vectors/secure-sum.json", import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(path, "utf8"));
const secrets = vectors.secrets.map((hex) => fromHex(hex) as Uint8Array);
const publicKeys = vectors.publicKeys.map((hex) => fromHex(hex) as Uint8Array);
const session = fromHex(vectors.session) as Uint8Array;

function masksOf(own: number, info = utf8(vectors.info)): Mask[] {
  const others = [...publicKeys.keys()].filter((other) => other !== own);
  return others.map((other) => {
    const place = { session, own, other, info };
    return pairMask(nodeSecrecy, secrets[own] as Uint8Array, publicKeys[other] as Uint8Array, place) as Mask;
  });
}

const masked = vectors.inputs.map((words, i) => applyMasks(nodeSecrecy, Uint32Array.from(words), masksOf(i)));

describe("masks", () => {
  it("are those of the vectors, key by key and word by word", () => {
    assert.deepEqual(
      secrets.map((secret) => toHex(nodeSecrecy.publicKeyOf(secret))),
      vectors.publicKeys,
    );
    assert.deepEqual(
      masked.map((words) => [...words]),
      vectors.masked,
    );
  });

  it("fall out of the sum of all members", () => {
    const sum = new Uint32Array(vectors.sum.length);
    for (const words of masked) addWords(sum, words);
    assert.deepEqual([...sum], vectors.sum);
  });

  it("are of one session and one purpose: another gives other words", () => {
    const [first] = vectors.inputs as [number[]];
    const other = applyMasks(nodeSecrecy, Uint32Array.from(first), masksOf(0, utf8("another purpose")));
    assert.notDeepEqual([...other], vectors.masked[0]);
  });

  it("come off again with the other sign", () => {
    const off = masksOf(1).map(({ key, sign }): Mask => ({ key, sign: sign === 1 ? -1 : 1 }));
    const bare = applyMasks(nodeSecrecy, (masked[1] as Uint32Array).slice(), off);
    assert.deepEqual([...bare], vectors.inputs[1]);
  });

  it("are none where the other key is no key, or one of small order", () => {
    const place = { session, own: 0, other: 1 };
    for (const bad of [new Uint8Array(32), new Uint8Array(31), Uint8Array.of(1, ...new Uint8Array(31))])
      assert.equal(pairMask(nodeSecrecy, secrets[0] as Uint8Array, bad, place), undefined);
  });
});
