/** What a second implementation can be held against says what this one does, and what the pages say: Python reads them too. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "../node/crypto.ts";
import { fromHex } from "../protocol/base/bytes.ts";
import { PROTOCOL_VECTORS, protocolVectors } from "./support/vectors/make.ts";

const noPython = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed";

interface EdgeCase {
  readonly why: string;
  readonly holds: boolean;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

describe("the vectors of the protocol", () => {
  it("are what this implementation does", async () => {
    const file = JSON.parse(await readFile(PROTOCOL_VECTORS, "utf8"));
    assert.deepEqual(
      file,
      JSON.parse(await protocolVectors()),
      "if the change is meant: node test/support/vectors/make.ts",
    );
  });

  it("hold for an implementation in Python that was written from the pages", { skip: noPython }, () => {
    const script = fileURLToPath(new URL("verify_vectors.py", import.meta.url));
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const { status, stdout, stderr } = spawnSync("python3", [script], { encoding: "utf8", env });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^\d+ checks hold/m);
  });
});

describe("Ed25519 signatures at the edges", () => {
  const path = new URL("vectors/ed25519.json", import.meta.url);
  const { cases }: { cases: EdgeCase[] } = JSON.parse(readFileSync(path, "utf8"));
  for (const { why, holds, publicKey, message, signature } of cases) {
    it(`${holds ? "hold" : "are refused"}: ${why}`, () => {
      const [key, text, signed] = [publicKey, message, signature].map((hex) => fromHex(hex) as Uint8Array);
      assert.equal(nodeCrypto.verify(key as Uint8Array, text as Uint8Array, signed as Uint8Array), holds);
    });
  }
});
