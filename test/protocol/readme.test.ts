/** The threat model names tests that show each defence; a name that leads nowhere shows nothing. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const TOP = join(import.meta.dirname, "..", "..");

/** The page of the room, and those of its folders. */
const PAGES = globSync("protocol/{,*/}README.md", { cwd: TOP });

describe("the pages of protocol/", () => {
  it("name tests that are there", () => {
    assert.ok(PAGES.length >= 4);
    for (const page of PAGES) {
      const text = readFileSync(join(TOP, page), "utf8");
      const named = [...text.matchAll(/`(test\/[^`\s]+)`/g)].map(([, path]) => path as string);
      assert.deepEqual(
        named.filter((path) => !existsSync(join(TOP, path))),
        [],
        page,
      );
    }
  });

  it("have a test for every row of the threat model", () => {
    const text = readFileSync(join(TOP, "protocol", "README.md"), "utf8");
    const [, model = ""] = text.split("## Threat model");
    const rows = model.split("\n").filter((line) => line.startsWith("|") && !/^\|(?:-|[^|]*\| defence)/.test(line));
    assert.ok(rows.length > 20);
    for (const row of rows) assert.match(row.split("|").at(-2) ?? "", /`test\//, row);
  });
});
