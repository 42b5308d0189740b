/** Sweeps as lists of runs, and as tables. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nodeCrypto } from "../../../node/crypto.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { combinations, listFailed, parseSweep, runsOf, type SweepRun, shardOf } from "../../../sim/compare/sweep.ts";
import { differingPaths, valueAt, withSortedKeys, withValue } from "../../../sim/compare/sweep-paths.ts";
import { csvOf, inOrder, tableOf, varyingPaths } from "../../../sim/compare/sweep-table.ts";
import { report } from "../run/reports.ts";

const SCENARIO = { name: "base", data: { set: "digits" } };

function expand(document: unknown, more = {}, seeds?: readonly number[]): SweepRun[] {
  const sweep = parseSweep(document);
  return runsOf(combinations(sweep, more), seeds ?? sweep.seeds, nodeCrypto);
}

function fault(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof HearsayError && error.code === "ERR_CONFIG", String(error));
    return error.message;
  }
  return assert.fail("nothing was wrong");
}

describe("a sweep", () => {
  it("is every combination of every grid under every seed, in the order of the document, seeds innermost", () => {
    const grids = [{ peers: [10, 20], partition: ["iid", "dirichlet:0.1"] }, { cycles: [5] }];
    const runs = expand({ scenario: SCENARIO, grids, seeds: [7, 8] });
    assert.deepEqual(
      runs.map(({ label }) => label),
      [
        ...["10 partition=iid seed=7", "10 partition=iid seed=8"].map((text) => `peers=${text}`),
        ...["10 partition=dirichlet:0.1 seed=7", "10 partition=dirichlet:0.1 seed=8"].map((text) => `peers=${text}`),
        ...["20 partition=iid seed=7", "20 partition=iid seed=8"].map((text) => `peers=${text}`),
        ...["20 partition=dirichlet:0.1 seed=7", "20 partition=dirichlet:0.1 seed=8"].map((text) => `peers=${text}`),
        ...["cycles=5 seed=7", "cycles=5 seed=8"],
      ],
    );
    assert.deepEqual([runs[5]?.scenario.peers, runs[5]?.scenario.partition, runs[5]?.scenario.seed], [20, "iid", 8]);
  });

  it("runs what is equal by hash and seed once, however it is written", () => {
    const grids = [{ peers: [10, 30] }, { peers: [30], cycles: [60, 5] }]; // 30 peers and 60 cycles are the defaults
    const runs = expand({ scenario: SCENARIO, grids });
    assert.equal(runs.length, 3);
    assert.equal(new Set(runs.map(({ hash }) => hash)).size, 3);
  });

  it("is one run for a scenario alone, with its own seed", () => {
    const [only, ...others] = expand({ ...SCENARIO, seed: 9 });
    assert.deepEqual([only?.scenario.seed, only?.label, others.length], [9, "seed=9", 0]);
  });

  it("takes maps, lists and null as values; null takes the entry out", () => {
    const attack = { kind: "sign-flip", share: 0.1 };
    const topology = { kind: "complete" };
    const runs = expand({
      scenario: { ...SCENARIO, attack },
      grids: [{ attack: [null, attack], "network.topology": [topology] }],
    });
    assert.deepEqual(
      runs.map(({ scenario }) => scenario.attack?.kind),
      [undefined, "sign-flip"],
    );
    assert.deepEqual(runs[0]?.scenario.network.topology, topology);
  });

  it("multiplies each grid by that of the command line, whose values come first", () => {
    const runs = expand({ scenario: SCENARIO, grids: [{ peers: [10] }, { cycles: [5] }] }, { peers: [3, 4] });
    assert.deepEqual(
      runs.map(({ scenario }) => [scenario.peers, scenario.cycles]),
      [
        [3, 60],
        [4, 60],
        [3, 5],
        [4, 5],
      ],
    );
  });

  it("names the path that does not exist, once for all combinations with it", () => {
    const message = fault(() =>
      expand({ scenario: SCENARIO, grids: [{ "network.speed": [1], peers: [3, 4, 5, 6, 7] }] }),
    );
    assert.match(message, /network\.speed=1 peers=3.*and 1 more/);
    assert.equal(message.match(/"speed"/g)?.length, 1);
  });

  it("refuses a path through a value, a list without that place, too many combinations, and other documents", () => {
    assert.match(
      fault(() => combinations({ scenario: { peers: 3 }, grids: [{ "peers.low": [1] }] })),
      /peers\.low.*3/,
    );
    const partitions = { network: { partitions: [{ from: 0, to: 1 }] } };
    assert.match(
      fault(() => combinations({ scenario: partitions, grids: [{ "network.partitions.1.to": [1] }] })),
      /partitions\.1\.to.*list of 1/,
    );
    const values = Array.from({ length: 400 }, (_, i) => i);
    assert.match(
      fault(() => combinations({ scenario: {}, grids: [{ a: values, b: values }] })),
      /160000/,
    );
    assert.match(
      fault(() => parseSweep({ scenario: SCENARIO, grid: [] })),
      /"grid"/,
    );
    assert.match(
      fault(() => parseSweep({ scenario: SCENARIO, grids: [{ peers: 3 }] })),
      /grids\.0\.peers/,
    );
  });

  it("is cut into shards that are disjoint and cover it", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: 50 }), fc.integer({ min: 1, max: 12 }), (list, n) => {
        const shards = Array.from({ length: n }, (_, i) => shardOf(list, `${i + 1}/${n}`));
        assert.deepEqual(shards.flat().toSorted(), list.toSorted());
        const sizes = shards.map(({ length }) => length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }),
    );
    for (const text of ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
      assert.match(
        fault(() => shardOf([1], text)),
        /i\/n/,
      );
  });

  it("lists faults by message", () => {
    const failed = ["a", "b", "c", "d", "e", "f"].map((label) => ({ label, message: label < "f" ? "bad" : "worse" }));
    assert.equal(listFailed(failed), "with a, with b, with c, with d, and 1 more: bad\nwith f: worse");
  });
});

describe("paths", () => {
  it("change a copy", () => {
    const before = { a: { b: [1, { c: 2 }] } };
    assert.deepEqual(withValue(before, "a.b.1.c", 3), { a: { b: [1, { c: 3 }] } });
    assert.deepEqual(withValue(before, "x.y", 1), { ...before, x: { y: 1 } });
    assert.deepEqual(withValue(before, "a.b", null), { a: {} });
    assert.deepEqual(before, { a: { b: [1, { c: 2 }] } });
    assert.equal(valueAt(before, "a.b.1.c"), 2);
    assert.equal(valueAt(before, "a.x.c"), undefined);
    assert.equal(valueAt(before, "constructor.name"), undefined);
  });

  it("have one order, however a document is written", () => {
    const one = withSortedKeys({ b: 1, a: [{ z: 1, kind: 2 }], name: "n" });
    const two = withSortedKeys({ name: "n", a: [{ kind: 2, z: 1 }], b: 1 });
    assert.equal(JSON.stringify(one), '{"name":"n","a":[{"kind":2,"z":1}],"b":1}');
    assert.equal(JSON.stringify(two), JSON.stringify(one));
  });

  it("find what differs, down to the entries of maps that some do not have", () => {
    const documents = [
      { a: 1, b: { c: [1], d: 2 }, e: 1 },
      { a: 1, b: { c: [2], d: 2 } },
      { a: 1, b: { c: [1], d: 2 }, f: { g: 1 } },
    ];
    assert.deepEqual(differingPaths(documents), ["b.c", "e", "f.g"]);
    assert.deepEqual(differingPaths([documents[0], structuredClone(documents[0])]), []);
  });
});

describe("the table of a sweep", () => {
  const reports = [
    report({ peers: 20, attack: { kind: "alie", z: 1.5, share: 0.2 } }, 1, 0.5),
    report({ peers: 3, attack: { kind: "sign-flip", scale: 3, share: 0.2 } }, 2, 0.75),
    report({ peers: 3, attack: { kind: "sign-flip", scale: 3, share: 0.2 } }, 1, 0.625),
    report({ peers: 3 }, 1, 0.875),
  ];

  it("has a column for what varies, but none for options that follow from a kind", () => {
    assert.deepEqual(varyingPaths(reports.map(({ scenario }) => scenario)), ["peers", "attack.kind"]);
    const other = report({ peers: 3, attack: { kind: "alie", z: 0.5, share: 0.2 } }, 1, 0);
    const paths = varyingPaths([...reports, other].map(({ scenario }) => scenario));
    assert.deepEqual(paths, ["peers", "attack.kind", "attack.z"]);
  });

  it("is sorted by what varies, numbers by size, then by seed, in whatever order the runs come", () => {
    const rows = tableOf(inOrder(reports));
    const found = rows.map((row) => [row.peers, row["attack.kind"], row.seed, row.accuracyMean]);
    const expected = [
      [3, undefined, 1, 0.875],
      [3, "sign-flip", 1, 0.625],
      [3, "sign-flip", 2, 0.75],
      [20, "alie", 1, 0.5],
    ];
    assert.deepEqual(found, expected);
    assert.deepEqual(tableOf(inOrder(reports.toReversed())), rows);
  });

  it("is CSV by RFC 4180", () => {
    assert.equal(
      csvOf([
        { a: 1, "b,c": 'say "x"' },
        { a: [1, 2], d: undefined },
      ]),
      'a,"b,c",d\r\n1,"say ""x""",\r\n"[1,2]",,\r\n',
    );
  });
});
