/** What pages list, registries have: one more engine, reader, set, metric, rule, attack, codec or field is named where people look for it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { READERS } from "../../node/data/readers/registry.ts";
import { SET_NAMES } from "../../node/data/shipped/registry.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { ENGINES } from "../../node/engines/registry.ts";
import { PRE_AGGREGATORS, RULES } from "../../protocol/aggregate/registry.ts";
import type { JsonSchema } from "../../protocol/base/json-schema.ts";
import { CODECS } from "../../protocol/codec/registry.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { MECHANISMS } from "../../protocol/privacy/registry.ts";
import { taskJsonSchema } from "../../protocol/task/json-schema.ts";
import { ALGORITHMS } from "../../sim/algorithms/registry.ts";
import { ATTACKS } from "../../sim/attacks/registry.ts";
import { TOP } from "../support/docs.ts";

const page = (path: string) => readFileSync(join(TOP, path), "utf8");

const LISTS: readonly (readonly [path: string, names: Iterable<string>])[] = [
  ["protocol/aggregate/README.md", [...RULES.keys(), ...PRE_AGGREGATORS.keys()]],
  ["sim/MODELS.md", [...ALGORITHMS.keys(), ...ATTACKS.keys()]],
  ["node/data/sets/README.md", SET_NAMES],
  ["protocol/learn/README.md", [...CODECS.keys(), ...METRICS.keys()]],
  ["protocol/README.md", [...CODECS.keys(), ...MECHANISMS.keys()]],
];

for (const [path, names] of LISTS) {
  test(`${path} names every entry of its registries`, () => {
    const text = page(path);
    const missing = [...names].filter((name) => !new RegExp(`(?<![a-zA-Z-])${name}(?![a-zA-Z-])`).test(text));
    assert.deepEqual(missing, []);
  });
}

test("the page of the manifest names every field of it", () => {
  const text = page("protocol/learn/README.md").split("## Tensors")[0] as string;
  const missing = fieldsOf(taskJsonSchema()).filter((path) => {
    const [section, field] = [path.slice(0, path.lastIndexOf(".")), path.slice(path.lastIndexOf(".") + 1)];
    return !text.includes(`\`${path}\``) && !(text.includes(`\`${section}.`) && text.includes(`\`.${field}\``));
  });
  assert.deepEqual(missing, []);
});

test("the first page counts the attacks, and names the data that are read and the models that are trained", () => {
  const text = page("README.md");
  assert.ok(text.includes(`${ATTACKS.size} attacks`), `${ATTACKS.size} attacks`);
  assert.ok(page("sim/README.md").includes(`${ATTACKS.size} attacks`), `${ATTACKS.size} attacks`);
  const data = text.split("\n").find((line) => line.startsWith("Data: ")) ?? "";
  for (const ending of READERS.flatMap(({ endings }) => endings))
    assert.ok(data.toLowerCase().includes(ending.slice(1)), ending);
  for (const kind of modelKinds()) assert.match(text, new RegExp(`Models:[^.]*\\b${kind}\\b`));
});

test("what a task will cost names every engine with the memory of its process", () => {
  const text = page("node/README.md");
  for (const { name, processBytes } of ENGINES.values()) {
    const row = text.split("\n").find((line) => line.startsWith("| memory | ")) ?? "";
    assert.ok(row.includes(`${processBytes / 1e6}`), `${name}: ${row}`);
    assert.ok(text.includes(`\`${name}\``), name);
  }
});

test("templates and sets are the same names in the command line as in the pages", () => {
  const text = page("node/README.md") + page("README.md");
  for (const name of [...Object.keys(TEMPLATES), ...SET_NAMES]) assert.match(text, new RegExp(`\\b${name}\\b`), name);
});

/** Paths of the fields that are no sections. */
function fieldsOf({ properties, oneOf }: JsonSchema, prefix = ""): string[] {
  const kinds = (oneOf ?? []) as readonly JsonSchema[];
  const own = Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>).flatMap(([name, field]) =>
    field.properties !== undefined || field.oneOf !== undefined
      ? fieldsOf(field, `${prefix}${name}.`)
      : [prefix + name],
  );
  return [...new Set([...own, ...kinds.flatMap((kind) => fieldsOf(kind, prefix))])];
}

function modelKinds(): unknown[] {
  const { model } = taskJsonSchema().properties as Readonly<Record<string, { readonly oneOf: readonly JsonSchema[] }>>;
  return (model?.oneOf ?? []).map(({ properties }) => (properties as { readonly kind: JsonSchema }).kind.const);
}
