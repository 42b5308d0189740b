import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { parseTaskYaml } from "../../node/task-yaml.ts";

test("names of a task are what is written, whatever YAML takes them for", () => {
  const text = `output:
  classes: [true, 1.0, ~, null, 007, yes, 0x1F, "2", .inf, 1e3, plain]
  targets: [1, false]
  column: 12
input:
  features:
    - 1.50
    - "1.5"
    - No
  missing: [-9999, -999.90]
  mean: [1.50]
`;
  assert.deepEqual(parseTaskYaml(text), {
    output: {
      classes: ["true", "1.0", "~", "null", "007", "yes", "0x1F", "2", ".inf", "1e3", "plain"],
      targets: ["1", "false"],
      column: "12",
    },
    input: { features: ["1.50", "1.5", "No"], missing: ["-9999", "-999.90"], mean: [1.5] },
  });
});

test("anything else reads as YAML does, and broken YAML throws", () => {
  for (const text of [
    "a: 1\nb: [true]",
    "3",
    "",
    "- 1",
    "output: 3\ninput: [1]",
    "# nothing",
    "---\n",
    "a: &m [1]\nb: *m",
  ]) {
    assert.deepEqual(parseTaskYaml(text), parse(text));
  }
  assert.throws(() => parseTaskYaml("a: [1"));
  assert.throws(() => parseTaskYaml("a: 1\na: 2"), /duplicated/);
});

test("templates read as yaml reads them, which writes task files", () => {
  for (const { yaml } of Object.values(TEMPLATES)) assert.deepEqual(parseTaskYaml(yaml), parse(yaml));
});

test("a text that would grow when it is read is refused: aliases within aliases, lists within lists", () => {
  const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 1 : `*a${i - 1}, *a${i - 1}`}]`).join(
    "\n",
  );
  assert.throws(() => parseTaskYaml(bomb), /maxAliases/);
  assert.throws(() => parseTaskYaml("a: &a [*a]"), /an alias stands within what it is the name of/);
  assert.throws(() => parseTaskYaml("[".repeat(100_000)), /maxDepth/);
});
