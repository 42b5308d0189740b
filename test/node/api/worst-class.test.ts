import assert from "node:assert/strict";
import { test } from "node:test";
import { worstClassOf, worstClassRows } from "../../../node/api/worst-class.ts";
import { textOf } from "../../../node/commands/peer/me.ts";
import { statusText } from "../../../node/commands/peer/status.ts";
import type { OutputSpec } from "../../../protocol/base/task.ts";
import { STATUS } from "../../support/readings.ts";

const OUTPUT: OutputSpec = { kind: "classification", classes: ["common", "rare, very"] };
const METRICS = { numExamples: 60, loss: 0.4, accuracy: 0.85, worstClass: 0, worstClassIndex: 1, worstClassRows: 5 };
const unknown = { name: "rare, very", rows: 5, right: 0, accuracy: 0.85 };

test("figures tell the class that is guessed worst by its name", () => {
  assert.deepEqual(worstClassOf(OUTPUT, METRICS), unknown);
  assert.deepEqual(worstClassOf(OUTPUT, { ...METRICS, worstClass: 0.6 }), { ...unknown, right: 3 });
});

test("nothing is told of a regression, without a hold-out, and by a trainer that does not tell which class it is", () => {
  const regression: OutputSpec = { kind: "regression", targets: ["y"], mean: [0], std: [1] };
  assert.equal(worstClassOf(regression, { numExamples: 3, loss: 1, rmse: 2 }), undefined);
  assert.equal(worstClassOf(OUTPUT, null), undefined);
  assert.equal(worstClassOf(OUTPUT, { numExamples: 60, loss: 0.4, accuracy: 0.85, worstClass: 0 }), undefined);
  assert.equal(worstClassOf(OUTPUT, { ...METRICS, worstClassIndex: 2 }), undefined);
  assert.deepEqual(worstClassRows(undefined), []);
});

test("status and me name a class that the model hardly knows, and say what may help", () => {
  const status = { ...STATUS, worstClass: unknown };
  const texts = [statusText(status), textOf({ status, own: 1, merges: 0, others: [], comparison: null }, 0)];
  for (const text of texts) {
    assert.match(text, /worst class is +"rare, very": 0 of 5 rows right$/m);
    assert.match(
      text,
      /^what may help +more merges, or more rows of it: so far the model hardly knows "rare, very"; what few sites have takes long$/m,
    );
    assert.match(text, /hearsay personalise$/m);
  }
  assert.doesNotMatch(statusText(STATUS), /worst class is|what may help/);
});

test("a class is told without advice where the model knows it about as well as the others, and where its rows are too few to say so", () => {
  for (const worst of [
    { ...unknown, rows: 10, right: 5 },
    { ...unknown, rows: 2 },
  ])
    assert.deepEqual(
      worstClassRows(worst).map(([name]) => name),
      ["worst class is"],
    );
  assert.equal(worstClassRows({ ...unknown, rows: 10, right: 4 }).length, 4);
});
