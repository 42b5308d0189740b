import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { cryptoConformance } from "../conformance/crypto.ts";

cryptoConformance("node", { crypto: nodeCrypto, identityFromSeed });

describe("an identity from a seed", () => {
  it("needs a seed of 32 bytes", () => {
    for (const length of [0, 31, 64]) assert.throws(() => identityFromSeed(new Uint8Array(length)), RangeError);
  });
});
