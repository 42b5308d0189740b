import assert from "node:assert/strict";
import { test } from "node:test";
import { RULES, ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";

test("the registry lists each rule under its own name", () => {
  assert.deepEqual(
    [...RULES.keys()],
    [
      "mean",
      "median",
      "weighted-median",
      "trimmed-mean",
      "meamed",
      "geometric-median",
      "krum",
      "multi-krum",
      "caf",
      "centred-clipping",
      "clipped-gossip",
      "cs-plus",
      "gts",
      "ios",
      "nna",
      "sc-wmean",
      "sc-wmedian",
      "arc-nnm-trimmed-mean",
      "guarded-median",
    ],
  );
  for (const [name, rule] of RULES) assert.equal(rule.name, name);
});

test("every default lies in its range and every parameter says what it is about", () => {
  for (const rule of RULES.values()) {
    assert.ok(rule.quorum(ruleParameters(rule, {}).parameters) >= 1);
    for (const { default: standard, min, max, about } of Object.values(rule.parameters)) {
      assert.ok(standard >= min && standard <= max);
      assert.notEqual(about, "");
    }
  }
});

test("parameters are completed with the defaults", () => {
  assert.deepEqual(ruleParameters(ruleNamed("guarded-median"), { f: 0.1 }), {
    parameters: { f: 0.1, share: 0.5, mix: 0.75, limit: 1 },
    faults: [],
  });
  assert.deepEqual(ruleParameters(ruleNamed("mean"), {}), { parameters: {}, faults: [] });
});

test("the ends of a range are permitted", () => {
  for (const f of [0, 0.49]) assert.deepEqual(ruleParameters(ruleNamed("guarded-median"), { f }).faults, []);
});

test("a fault names the parameter, the value and what is permitted, and all faults come at once", () => {
  const { parameters, faults } = ruleParameters(ruleNamed("guarded-median"), { f: 0.6, mixing: 1, share: Number.NaN });
  assert.deepEqual(faults, [
    "mixing (given: 1) is unknown; rule guarded-median takes f (0 .. 0.49), share (0 .. 1), mix (0 .. 1), limit (0.1 .. 10)",
    "f is 0.6; rule guarded-median takes 0 .. 0.49",
    "share is NaN; rule guarded-median takes 0 .. 1",
  ]);
  assert.deepEqual(parameters, { f: 0.2, share: 0.5, mix: 0.75, limit: 1 });
  assert.deepEqual(ruleParameters(ruleNamed("mean"), { f: 0.1 }).faults, [
    "f (given: 0.1) is unknown; rule mean takes none: leave it out, or, where a task file gives it, write parameters: {} beside the rule",
  ]);
});

test("names that every object inherits are no parameters", () => {
  const given = JSON.parse('{"constructor": 1, "__proto__": 2}') as Record<string, number>;
  const { parameters, faults } = ruleParameters(ruleNamed("median"), given);
  assert.equal(faults.length, 2);
  assert.deepEqual(Object.keys(parameters), []);
});
