import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../node/config.ts";
import { linkBudgets } from "../../../node/settings/budget.ts";
import { DEFAULTS } from "../../../node/settings/table.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

const DAY_MS = 86_400_000;
const TWO_MB = { bytes: 2e6, perMs: DAY_MS };

test("a budget is one for all links, or one for each kind of links, in the order given and the others last", () => {
  assert.deepEqual(linkBudgets("2MB/day"), [{ kind: "all", limit: TWO_MB }]);
  const lines = [
    { kind: "lan", limit: undefined },
    { kind: "wwan*", limit: TWO_MB },
    { kind: "10.0.0.0/8", limit: { bytes: 1e9, perMs: DAY_MS } },
    { kind: "other", limit: TWO_MB },
  ];
  assert.deepEqual(linkBudgets("other=2MB/day, lan=unlimited, wwan*=2MB/day, 10.0.0.0/8=1GB/day"), lines);
  assert.deepEqual(
    linkBudgets({ lan: "unlimited", "wwan*": "2MB/day", other: "2MB/day", "10.0.0.0/8": "1GB/day" }).length,
    4,
  );
  const asInTheFile = "other: 2MB/day, lan: unlimited, wwan*: 2MB/day, 10.0.0.0/8: 1GB/day";
  assert.deepEqual(linkBudgets(asInTheFile), lines, "copied from a file onto a command line");
  assert.equal(linkBudgets("fd00::/8=2MB/day, fd01::/16: 1MB/day")[1]?.kind, "fd01::/16");
});

test("about a budget is planned with, and no bound; so is what a peer moves where nothing else is set", () => {
  const planned = { kind: "all", limit: { bytes: 1e9, perMs: DAY_MS }, isPlanned: true };
  assert.deepEqual(linkBudgets("about 1GB/day"), [planned]);
  assert.deepEqual(linkBudgets(DEFAULTS.budget), [planned]);
  assert.deepEqual(linkBudgets("about unlimited"), []);
  assert.throws(() => linkBudgets("about 1kB/day"), /is less than 1 MB/);
});

test("nothing is counted where all links are unlimited", () => {
  assert.deepEqual(linkBudgets("unlimited"), []);
  assert.deepEqual(linkBudgets({ lan: "unlimited" }), []);
});

test("a wrong budget is refused with what to write instead", async () => {
  const refusals: readonly [string | Record<string, string>, RegExp][] = [
    ["2MB", /write it as 2MB\/day/],
    ["100kB/day", /is less than 1 MB.*1MB\/day/],
    ["lan=unlimited,2MB/day", /"2MB\/day" names no kind of links; write lan=unlimited,lte=20MB\/day/],
    [{ cellular: "2MB/day" }, /"cellular" is no kind of links; give loopback, lan, lte, wifi, other, an interface/],
    [{ "10.0.0.0/33": "2MB/day" }, /is no kind of links/],
    [{ lte: "2Mb/day" }, /would be bits/],
  ];
  for (const [budget, remedy] of refusals) {
    assert.throws(() => linkBudgets(budget), remedy);
    await assert.rejects(loadConfig(undefined, {}, { budget }), (error) => {
      assert.ok(isHearsayError(error, "ERR_CONFIG"));
      assert.match(error.message, /budget: /);
      return remedy.test(error.message);
    });
  }
});
