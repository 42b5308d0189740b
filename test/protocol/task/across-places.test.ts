/** A merge across places: each place has one vote, and a merge goes no further than a training. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainAggregator } from "../../../protocol/aggregate/registry.ts";
import { candidatesOf } from "../../../protocol/audit/parents.ts";
import { UNIT_WEIGHT } from "../../../protocol/base/weight.ts";
import type { AggregateBody, Parent } from "../../../protocol/log/entry/bodies.ts";
import { bodyFault } from "../../../protocol/log/entry/body-fields.ts";
import { acrossPlaces } from "../../../protocol/task/across-places.ts";
import { blobTask } from "../../support/blobs.ts";

const MEAN = { name: "mean", parameters: {} };
const of = (values: readonly number[], isOutside = false) => {
  return { params: Float32Array.from(values), weightQ16: UNIT_WEIGHT, isOutside };
};
const here = [of([1, 0]), of([3, 0])];
const merge = (candidates: readonly ReturnType<typeof of>[], base = [-10, -10]) =>
  acrossPlaces(plainAggregator, MEAN, {
    ...{ own: Float32Array.from([2, 0]), base: Float32Array.from(base), explain: true },
    candidates,
  });

describe("a merge of a peer whose place has a gateway", () => {
  it("gives each place one vote, however many models its own place has", async () => {
    const { params, statuses } = await merge([of([4, 2], true), ...here, of([6, -1], true)]);
    const [x, y] = params as unknown as [number, number];
    const shortened = Math.sqrt(8 / 17); // (6, -1) is further from (2, 0) than (4, 2) is
    assert.ok(Math.abs(x - (2 + (2 + 4 * shortened) / 3)) < 1e-5 && Math.abs(y - (2 - shortened) / 3) < 1e-5);
    assert.deepEqual(statuses, ["used", "used", "used", "clipped"]);
  });

  it("says in the order of the candidates what each of them made", async () => {
    const { explanation = [] } = await merge([of([4, 2], true), ...here, of([6, -1], true)]);
    const influences = explanation.map(({ influence }) => influence);
    assert.equal(explanation.length, 4);
    assert.ok((influences[0] as number) > 0 && (influences[1] as number) > 0, String(influences));
    assert.ok(influences.reduce((a, b) => a + b, 0) <= 1 + 1e-9);
  });

  it("lets one that lies among three places pull no further than the honest one, so that what is lost goes as that comes near", async () => {
    for (const near of [1, 0.1, 0])
      for (const lie of [1e6, -1e6, 50]) {
        const { params } = await merge([...here, of([2 + near, near], true), of([lie, -lie], true)]);
        const [x, y] = params as unknown as [number, number];
        const apart = near * Math.SQRT2;
        assert.ok(Math.hypot(x - 2, y) <= (2 / 3) * apart + 1e-6, `${x}, ${y}`);
        assert.ok(x - 2 + y >= near / 3 - 1e-6, "it comes nearer to the honest one all the same");
      }
  });

  it("lets a single other place pull a quarter of a training", async () => {
    const { params, statuses } = await merge([...here, of([100, 0], true)], [2, 1]);
    assert.deepEqual(
      [...params].map((value) => Number(value.toFixed(5))),
      [2.25, 0],
    );
    assert.deepEqual(statuses, ["used", "used", "clipped"]);
  });

  it("goes no further towards places in league than a training took the model", async () => {
    const liars = [of([100, 100], true), of([100, 100], true)];
    const { params, statuses } = await merge([...here, ...liars], [2, 1]);
    const [x, y] = params as unknown as [number, number];
    assert.ok(Math.abs(Math.hypot(x - 2, y) - 1) < 1e-5, `${x}, ${y}`);
    assert.deepEqual(statuses, ["used", "used", "clipped", "clipped"]);
  });
});

describe("what a log says of parents of other places", () => {
  const key = (byte: number) => new Uint8Array(32).fill(byte);
  const parents = [1, 2, 3, 4].map((byte): Parent => [key(byte), key(byte), 50, UNIT_WEIGHT, "used"]);
  const body: AggregateBody = {
    ...{ own: key(9), base: key(8), out: key(7), rule: "guarded-median", age: 50, parents },
  };
  const placed = blobTask({ aggregation: { gateways: true, quorum: 2 } });

  it("are ascending places in their list, and in no entry of version 1", () => {
    const fault = (outside: unknown, version: 1 | 2 = 2) => bodyFault(version, "aggregate", { ...body, outside });
    assert.equal(fault([0, 3]), undefined);
    for (const wrong of [[], [1, 1], [3, 0], [-1], [64], [0.5], "0", null])
      assert.match(fault(wrong) ?? "", /ascending places/, JSON.stringify(wrong));
    assert.match(fault([0, 3], 1) ?? "", /no field "outside"/);
  });

  it("stand beside enough of the own place, and only where the task has gateways", () => {
    const judged = (outside: readonly number[], task = placed) => candidatesOf({ parents, outside }, 50, task);
    const candidates = judged([1, 3]);
    assert.ok(typeof candidates !== "string", String(candidates));
    assert.deepEqual(
      candidates.map(({ isOutside = false }) => isOutside),
      [false, true, false, true],
    );
    assert.match(String(judged([1, 4])), /no such parents/);
    assert.ok(typeof judged([1]) !== "string");
    assert.match(String(judged([0, 1, 2, 3])), /too few/);
    assert.match(String(judged([1, 3], blobTask({ aggregation: { quorum: 2 } }))), /no places/);
  });
});
