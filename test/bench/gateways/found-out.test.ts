import assert from "node:assert/strict";
import { it } from "node:test";
import { foundOut } from "./found-out.ts";

const said = (...gateways: (string | undefined)[]) =>
  gateways.map((gateway, second) => ({ atMs: 1000 * second, ...(gateway !== undefined && { gateway }) }));

it("a lying gateway has its role from the first member that names it to the first and the last that name another", () => {
  const members = [
    said("b", "liar", "liar", "liar", "b", "b", "b"),
    said(undefined, "b", "liar", "liar", "b", "liar", "b"),
    said("b", "b"),
  ];
  assert.deepEqual(foundOut(members, "liar"), { firstSeconds: 3, allSeconds: 5 });
});

it("is not found out while one member names it, and had no role where none ever did", () => {
  assert.deepEqual(foundOut([said("liar", "b"), said("liar", "liar")], "liar"), { firstSeconds: 1, allSeconds: null });
  assert.deepEqual(foundOut([said("liar", "liar")], "liar"), { firstSeconds: null, allSeconds: null });
  assert.deepEqual(foundOut([said("b", "b")], "liar"), { firstSeconds: null, allSeconds: null });
});
