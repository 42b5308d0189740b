import assert from "node:assert/strict";
import { it } from "node:test";
import { lastCycle } from "./last-cycle.ts";

it("a bench of gateways looks at bytes over half of its cycles, however late the gateways were found", () => {
  assert.equal(lastCycle(40, 20), 40);
  assert.equal(lastCycle(40, 20.5), 40.5);
  for (const begun of [2, 3.9, 4, 17]) assert.ok(lastCycle(4, begun) - begun >= 2, `found in cycle ${begun}`);
});
