import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDocument } from "yaml";
import { TEMPLATES } from "../../../node/data/templates.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";

test("every template is YAML without a complaint and a complete task as it stands", () => {
  for (const [name, { yaml, about }] of Object.entries(TEMPLATES)) {
    const document = parseDocument(yaml);
    assert.deepEqual([document.errors, document.warnings], [[], []], name);
    assert.ok(encodeTask(parseTask(document.toJS())).length > 0, name);
    assert.ok(about.length > 0 && !about.includes("\n"), name);
  }
});

test("templates that wait for the user's own data say what to edit", () => {
  for (const name of ["csv", "regression"] as const) assert.match(TEMPLATES[name].yaml, /EDIT/);
  for (const name of ["digits", "motes", "mnist"] as const) assert.doesNotMatch(TEMPLATES[name].yaml, /EDIT/);
});

test("a template begins with a sentence for people and fits a window of 120 columns", () => {
  for (const { yaml } of Object.values(TEMPLATES)) {
    assert.match(yaml, /^# [A-Z]/);
    for (const line of yaml.split("\n")) assert.ok(line.length <= 120, line);
  }
});
