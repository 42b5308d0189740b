/** Examples in doc comments do what they claim, and every rule, codec and mechanism has one where an editor shows it. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PRE_AGGREGATORS, RULES } from "../protocol/aggregate/registry.ts";
import { CODECS } from "../protocol/codec/registry.ts";
import { PARTITIONS } from "../protocol/learn/data/partitions/registry.ts";
import { METRICS } from "../protocol/learn/metrics/registry.ts";
import { ATTACKS } from "../protocol/privacy/inference/registry.ts";
import { MECHANISMS } from "../protocol/privacy/registry.ts";
import { claimsIn, findExamples, runExample } from "./support/examples.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = findExamples("{protocol,node,sim}/**/*.ts");

/** Folders of the families, and what their registries hold. */
const FAMILIES: readonly (readonly [folder: string, members: ReadonlyMap<string, object>])[] = [
  ["protocol/aggregate/rules", RULES],
  ["protocol/aggregate/pre", PRE_AGGREGATORS],
  ["protocol/codec", CODECS],
  ["protocol/privacy", MECHANISMS],
  ["protocol/privacy/inference", ATTACKS],
  ["protocol/learn/metrics", METRICS],
  ["protocol/learn/data/partitions", PARTITIONS],
];

/** Path and name of the export whose value begins with this name: `export const median = settled({ name: "median"`. */
function exportOf(folder: string, name: string): [path: string, name: string] {
  for (const path of globSync(`${folder}/*.ts`, { cwd: ROOT })) {
    const source = readFileSync(join(ROOT, path), "utf8");
    for (const [, of = "", first] of source.matchAll(/^export const (\w+)[^=]*= [^"`']*"([^"]*)"/gm))
      if (first === name) return [path, of];
  }
  throw new Error(`no file of ${folder} exports ${name}`);
}

describe("examples in doc comments", () => {
  for (const { where, of, code } of EXAMPLES)
    it(`${of ?? "?"} (${where}) gives what it claims`, async () => {
      assert.ok(of !== undefined, "it stands on nothing that is exported");
      assert.ok(claimsIn(code) > 0, "it claims nothing: add `// -> VALUE`");
      await runExample(code);
    });
});

for (const [folder, members] of FAMILIES)
  describe(`what ${folder}/ registers`, () => {
    for (const name of members.keys())
      it(`${name} has an example, its cost and its errors in the comment on its export`, () => {
        const [path, of] = exportOf(folder, name);
        const own = EXAMPLES.filter((example) => example.path === path && example.of === of);
        assert.notEqual(own.length, 0, `${path}: ${of} has no @example`);
        assert.match(own[0]?.comment ?? "", /O\(/, "what it costs");
        assert.match(own[0]?.comment ?? "", /@throws /, "what it throws, or that it throws nothing");
      });
  });

describe("what the library exports", () => {
  const library = readFileSync(join(ROOT, "node/library.ts"), "utf8");
  const exported = [...library.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]*)"/gm)].flatMap(
    ([, names = "", path = ""]) =>
      names
        .split(",")
        .flatMap((name) => (name.trim() === "" ? [] : [[name.trim().replace(/^type /, ""), path] as const])),
  );

  it("is found", () => assert.ok(exported.length > 15));

  for (const [name, path] of exported)
    it(`${name} has a comment on it, where an editor shows it`, () => {
      const source = readFileSync(join(ROOT, "node", path), "utf8");
      assert.match(
        source,
        new RegExp(`\\*/\\nexport (?:async )?(?:function|class|interface|type|const) ${name}\\b`),
        path,
      );
    });
});

describe("the examples' runner turns red on", () => {
  const bad: readonly [claim: string, code: string][] = [
    ["another value", "1 + 1; // -> 3"],
    ["another number in a list", "Float32Array.of(1, 2); // -> [1, 3]"],
    ["no error where one is claimed", "1 + 1; // throws RangeError"],
    ["another error", 'JSON.parse("{"); // throws RangeError'],
    ["an import of nothing", 'import { nothing } from "hearsay/protocol/nothing";'],
  ];
  for (const [claim, code] of bad) it(claim, () => assert.rejects(() => runExample(code)));

  it("and lets pass what is true", async () => {
    const code =
      'const v = Float32Array.of(1, 2);\n({ v, n: v.length }); // -> { v: [1, 2], n: 2 }\nJSON.parse("{"); // throws SyntaxError';
    assert.equal(claimsIn(code), 2);
    await runExample(code);
  });
});
