import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "../../../protocol/base/counted.ts";

test("one is one, and any other number several", () => {
  assert.deepEqual(
    [0, 1, 2, 21].map((count) => counted(count, "training")),
    ["0 trainings", "1 training", "2 trainings", "21 trainings"],
  );
  assert.deepEqual(
    [1, 2].map((count) => counted(count, "entry", "entries")),
    ["1 entry", "2 entries"],
  );
});
