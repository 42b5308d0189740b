import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ERROR_CODES, HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { readSource } from "../../support/house/source.ts";

const TOP = join(import.meta.dirname, "../../..");

/** A code of Node's own, of a package that is not installed. */
const OF_NODE: readonly string[] = ["ERR_MODULE_NOT_FOUND", "ERR_UNKNOWN_FILE_EXTENSION"];

/** Error codes that stand as texts in the sources of some rooms. */
function codesIn(rooms: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const path of rooms.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: TOP }))) {
    if (path.endsWith("errors.ts")) continue;
    for (const text of readSource(path, readFileSync(join(TOP, path), "utf8")).texts)
      if (/^ERR_[A-Z_]+$/.test(text) && !OF_NODE.includes(text)) found.add(text);
  }
  return found;
}

describe("error codes", () => {
  it("are each used by the program, and no other is", () => {
    const used = codesIn(["protocol", "node"]);
    assert.deepEqual(
      [...ERROR_CODES].filter((code) => !used.has(code)),
      [],
      "never used: delete them",
    );
    const known: readonly string[] = ERROR_CODES;
    assert.deepEqual(
      [...codesIn(["protocol", "node", "sim"])].filter((code) => !known.includes(code)),
      [],
    );
  });

  it("stand in the table of protocol/README.md, each once, in order, and no other does", () => {
    const readme = readFileSync(join(TOP, "protocol", "README.md"), "utf8");
    const rows = [...readme.matchAll(/^\| `(ERR_[A-Z_]+)`/gm)].map(([, code]) => code);
    assert.deepEqual(rows, [...ERROR_CODES]);
  });

  it("are each one code: no two are the same", () => {
    assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
  });
});

describe("a HearsayError", () => {
  it("carries code, details and cause, and is an Error", () => {
    const cause = new Error("below");
    const error = new HearsayError("ERR_DATA", "line 3", { line: 3 }, cause);
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.message, error.code, error.details, error.cause],
      ["HearsayError", "line 3", "ERR_DATA", { line: 3 }, cause],
    );
    assert.equal("cause" in new HearsayError("ERR_DATA", "x"), false);
  });

  it("is told from other errors, and from other codes", () => {
    const error = new HearsayError("ERR_DATA", "x");
    assert.ok(isHearsayError(error) && isHearsayError(error, "ERR_DATA"));
    assert.ok(!isHearsayError(error, "ERR_TASK"));
    for (const other of [new Error("x"), { code: "ERR_DATA" }, "ERR_DATA", undefined, null])
      assert.ok(!isHearsayError(other));
  });
});
