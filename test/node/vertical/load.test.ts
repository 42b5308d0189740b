/** Where an optional package of vertical learning is missing, its commands say which, and how it comes here. */
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { after, describe, it } from "node:test";
import { loadVerticalCrypto } from "../../../node/vertical/load.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

let missing = "";
const hooks = registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== missing) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});
after(() => hooks.deregister());

describe("the cryptography of vertical learning", () => {
  for (const [name, version] of [
    ["libsodium-wrappers-sumo", "0.8.4"],
    ["node-seal", "7.0.0"],
  ] as const)
    it(`names ${name} where it is not installed, and how to install it`, async () => {
      missing = name;
      await assert.rejects(loadVerticalCrypto(), (error) => {
        assert.ok(isHearsayError(error, "ERR_ENGINE"));
        assert.match(error.message, new RegExp(`needs the package ${name}@${version} and Node 24`));
        assert.match(error.message, new RegExp(`npm install ${name}@${version} \\(Cannot find package`));
        return true;
      });
    });

  it("loads where both are there", async () => {
    missing = "";
    const { group, sealing } = await loadVerticalCrypto();
    assert.equal(group.scalar().length, 32);
    assert.equal(typeof sealing.createKey, "function");
  });
});
