import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../../node/data/templates.ts";
import { distance, nearest } from "../../../protocol/base/nearest.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { parseScenario } from "../../../sim/run/scenario.ts";

test("the nearest name is found in whatever spelling, and none where all are far", () => {
  const names = ["minCycleMs", "maxOutbound", "mdns"];
  assert.equal(nearest("min-cycle", names), "minCycleMs");
  assert.equal(nearest("MAX_OUTBOUND", names), "maxOutbound");
  for (const far of ["colour", "", "--", "x".repeat(1_000_000)]) assert.equal(nearest(far, names), undefined);
});

test("a distance counts letters that are put in, taken out, changed or exchanged with their neighbour", () => {
  for (const [a, b, apart] of [
    ["name", "name", 0],
    ["naem", "name", 1],
    ["clases", "classes", 1],
    ["kitten", "sitting", 3],
    ["", "abc", 3],
    ["abc", "", 3],
  ] as const)
    assert.equal(distance(a, b), apart, `${a} ${b}`);
  assert.equal(nearest("naem", ["name", "input", "model"]), "name");
});

test("an unknown field of a task or scenario is told with the one that was meant, also below defaults and kinds", () => {
  const task = parse(TEMPLATES.digits.yaml) as Record<string, object>;
  const wrong = { ...task, trainig: {}, aggregation: { qourum: 3 }, output: { ...task.output, colum: "x" } };
  assert.throws(
    () => parseTask(wrong),
    (error: Error) => {
      for (const part of [
        /\(top\): .*"trainig"; did you mean training\?/,
        /aggregation: .*quorum\?/,
        /output: .*column\?/,
      ])
        assert.match(error.message, part);
      return true;
    },
  );
  const scenario = { name: "x", data: { set: "digits", row: 3 }, attack: { kind: "alie", zz: 1 }, colour: 1 };
  assert.throws(() => parseScenario(scenario), /data: .*"row"; did you mean rows\?/);
  assert.throws(
    () => parseScenario({ ...scenario, data: { set: "digits" } }),
    (error: Error) => !/mean/.test(error.message),
  );
  const far = { name: "x", data: { set: "digits" }, attack: { kind: "alie", share: 0.1, volume: 3 } };
  assert.throws(() => parseScenario(far), /attack: .*"volume"; known are z\b/, "none is near: what there is");
  assert.throws(() => parseScenario({ name: "x" }), /data: is missing: give fields/);
  const metrics = { curves: false };
  assert.throws(
    () => parseScenario({ name: "x", data: { set: "digits" }, metrics }),
    /metrics\.curves: give true, or leave the field out \(given: false\)/,
  );
  const options = { name: "x", data: { set: "digits" }, algorithm: { kind: "gossip", epoch: 1 } };
  assert.throws(() => parseScenario(options), /algorithm: .*"epoch"; did you mean epochs\?/);
});
