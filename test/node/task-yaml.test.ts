import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
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
  for (const text of ["a: 1\nb: [true]", "3", "", "- 1", "output: 3\ninput: [1]", "output: { classes: 5 }"]) {
    assert.deepEqual(parseTaskYaml(text), parse(text));
  }
  assert.throws(() => parseTaskYaml("a: [1"));
});
