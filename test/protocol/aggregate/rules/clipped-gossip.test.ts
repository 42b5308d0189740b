import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate, assertMovesAlong, assertOrderIsFree, attackedCrowd, honestOf } from "../inputs.ts";

test("clipped-gossip clips at the radius that its nearest neighbours give", () => {
  // m = 4: b = 1; tau^2 = (1 + 4 + 4) / 1; (1 - 2 + 2 + 3) / 5
  const { params, statuses } = aggregate("clipped-gossip", ruleInput([0], [[1], [-2], [2], [100]]));
  assert.deepEqual(params, Float32Array.of(0.8));
  assert.deepEqual(statuses, ["used", "used", "used", "clipped"]);
});

test("weights count in the radius and in the mean", () => {
  // tau^2 = (1 + 4 / 2 + 4) / (7/16) = 16; (1 - 2 / 2 + 2 + 4 * 7/16) / (3 1/2 + 7/16)
  const input = ruleInput([0], [[1], [-2], [2], [100]], [65536, 32768, 65536, 28672]);
  assert.deepEqual(aggregate("clipped-gossip", input).params, Float32Array.of(3.75 / 3.9375));
});

test("where the candidates are about as far as one another none is clipped: it is the mean", () => {
  const input = ruleInput([0], [[1], [-1.5], [1.25], [2]]);
  assert.deepEqual(aggregate("clipped-gossip", input), aggregate("mean", input));
  assert.deepEqual(
    aggregate("clipped-gossip", ruleInput([0], [[8]])).params,
    Float32Array.of(4),
    "nor is a single one",
  );
});

test("a larger f clips tighter", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [5], [6], [7], [80], [90]]);
  const at = (f: number) => aggregate("clipped-gossip", input, { f }).params[0] as number;
  assert.ok(at(0.1) > at(0.2) && at(0.2) > at(0.3));
});

test("clipped-gossip stays within a radius that the honest distances bound while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => {
        const m = input.candidates.length;
        const b = assumedLiars(0.2, m);
        const weights = input.candidates.map(({ weightQ16 }) => weightQ16);
        const radii = Math.sqrt(((m - b) * Math.max(...weights)) / (b * Math.min(...weights)));
        const farthest = Math.max(...honestOf(input, liars).map((vector) => distance(vector, input.own)));
        assert.ok(distance(aggregate("clipped-gossip", input).params, input.own) <= radii * farthest * (1 + 1e-6));
      },
    ),
  );
});

test("clipped-gossip does not depend on the order of the candidates", () => assertOrderIsFree("clipped-gossip"));

test("clipped-gossip moves with its inputs", () => assertMovesAlong("clipped-gossip"));
