import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readCsv } from "../../../../node/data/csv.ts";
import { packageRoot } from "../../../../node/disk/package-root.ts";
import { mean } from "../../../../protocol/base/figures.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Dataset } from "../../../../protocol/learn/data/dataset.ts";
import { type PartitionSpec, parsePartition, partition } from "../../../../protocol/learn/data/partition.ts";

function labelled(labels: readonly number[], owners?: readonly string[]): Dataset {
  const table = { inputs: new Float32Array(labels.length), targets: Float32Array.from(labels), length: labels.length };
  return owners === undefined ? table : { ...table, owners };
}

function balanced(classes: number, perClass: number): Dataset {
  return labelled(Array.from({ length: classes * perClass }, (_, row) => row % classes));
}

/** Mean over classes of the share of a class that lies at one peer: 1 / peers without skew, 1 with each class at one peer. */
function skew(data: Dataset, parts: readonly Uint32Array[]): number {
  const held = parts.map((rows) => Array.from(rows, (row) => data.targets[row] as number).reduce(add, []));
  const total = Array.from(data.targets).reduce(add, []);
  const shares = total.map((count, label) => Math.max(...held.map((counts) => counts[label] ?? 0)) / count);
  return shares.reduce((a, b) => a + b) / shares.length;
}

/** How many of the rows have each label; labels that none has may be missing. */
function countLabels(data: Dataset, rows: Uint32Array): number[] {
  return Array.from(rows, (row) => data.targets[row] as number).reduce(add, []);
}

function add(counts: number[], label: number): number[] {
  counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

const sizes = (parts: readonly Uint32Array[]) => parts.map((rows) => rows.length);

const specs: fc.Arbitrary<PartitionSpec> = fc.oneof(
  fc.constant<PartitionSpec>({ kind: "iid" }),
  fc.constant<PartitionSpec>({ kind: "owner" }),
  fc.double({ min: 1e-3, max: 1e3, noNaN: true }).map((number): PartitionSpec => ({ kind: "dirichlet", number })),
  fc.double({ min: 1e-3, max: 1e3, noNaN: true }).map((number): PartitionSpec => ({ kind: "label-dirichlet", number })),
  fc.integer({ min: 1, max: 2 }).map((number): PartitionSpec => ({ kind: "shards", number })),
);

test("every partition is disjoint, covers the data, sorts its rows, leaves nobody below 2 rows and repeats itself", () => {
  const table = fc
    .array(fc.record({ label: fc.integer({ min: 0, max: 4 }), owner: fc.constantFrom("a", "b", "c", "d") }), {
      minLength: 2,
      maxLength: 120,
    })
    .map((rows) =>
      labelled(
        rows.map(({ label }) => label),
        rows.map(({ owner }) => owner),
      ),
    );
  fc.assert(
    fc.property(table, specs, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (data, spec, seed, share) => {
      const peers = 1 + Math.floor(share * (data.length / 2 - 1));
      const parts = partition(data, spec, peers, seed);
      assert.equal(parts.length, peers);
      const all = parts.flatMap((rows) => [...rows]).sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: data.length }, (_, row) => row),
      );
      for (const rows of parts) {
        assert.ok(rows.length >= 2);
        assert.deepEqual(rows, rows.slice().sort());
      }
      assert.deepEqual(partition(data, spec, peers, seed), parts);
    }),
    { numRuns: 500 },
  );
});

test("iid parts are of equal size and differ with the seed", () => {
  const data = balanced(5, 21);
  const parts = partition(data, { kind: "iid" }, 4, 1);
  assert.deepEqual(sizes(parts), [26, 26, 26, 27]);
  assert.notDeepEqual(partition(data, { kind: "iid" }, 4, 2), parts);
});

test("dirichlet parts are of equal size, and their labels the more skewed, the smaller alpha is", () => {
  const data = balanced(10, 203);
  const at = (alpha: number) => {
    const parts = partition(data, { kind: "dirichlet", number: alpha }, 10, 3);
    assert.deepEqual(new Set(sizes(parts)), new Set([203]), `alpha ${alpha}`);
    return mean(parts.map((rows) => Math.max(...countLabels(data, rows).filter(Number.isFinite)) / rows.length));
  };
  const [none, mild, strong, extreme] = [at(1000), at(1), at(0.1), at(0.001)];
  assert.ok(none < 0.15, `alpha 1000: ${none}`);
  assert.ok(none < mild && mild < strong && strong < extreme);
  assert.ok(extreme > 0.9, `alpha 0.001: ${extreme}`);
});

test("dirichlet mixtures have the mean and the variance of Dirichlet(alpha)", () => {
  // Two classes, and rows enough that none runs out: the share of one class is a proportion from Beta(a, a) plus sampling noise.
  const data = labelled([...new Array(1000).fill(0), ...new Array(1000).fill(1)]);
  for (const alpha of [0.3, 1, 4]) {
    const draws = Array.from({ length: 400 }, (_, seed) => {
      const [first] = partition(data, { kind: "dirichlet", number: alpha }, 20, seed) as [Uint32Array];
      return (countLabels(data, first)[0] ?? 0) / 100;
    });
    const centre = mean(draws);
    const variance = mean(draws.map((draw) => (draw - centre) ** 2));
    const ofBeta = 1 / (4 * (2 * alpha + 1));
    const expected = ofBeta + (0.25 - ofBeta) / 100;
    assert.ok(Math.abs(centre - 0.5) < 4 * Math.sqrt(expected / 400), `alpha ${alpha}: mean ${centre}`);
    assert.ok(Math.abs(variance / expected - 1) < 0.25, `alpha ${alpha}: variance ${variance}, not ${expected}`);
  }
});

test("label-dirichlet skews labels the more, the smaller alpha is, until at alpha 0.01 each class lies at one peer", () => {
  const data = balanced(10, 200);
  const at = (alpha: number) => skew(data, partition(data, { kind: "label-dirichlet", number: alpha }, 10, 3));
  const [none, mild, strong, extreme] = [at(1000), at(1), at(0.1), at(0.01)];
  assert.ok(none < 0.13, `alpha 1000: ${none}`);
  assert.ok(none < mild && mild < strong && strong < extreme);
  assert.ok(extreme > 0.9, `alpha 0.01: ${extreme}`);
});

test("label-dirichlet with one peer that takes nearly all still fills every part, where plain gamma variates are 0/0", () => {
  const data = balanced(2, 100);
  for (const alpha of [0.01, 1e-4, 1e-8]) {
    const parts = partition(data, { kind: "label-dirichlet", number: alpha }, 50, 1);
    assert.equal(
      sizes(parts).reduce((a, b) => a + b),
      200,
    );
    assert.ok(Math.min(...sizes(parts)) >= 2);
  }
});

test("label-dirichlet proportions have the mean and the variance of Dirichlet(alpha)", () => {
  // One class, two peers: the first one's proportion is Beta(a, a), with mean 1/2 and variance 1 / (4 (2a + 1)).
  const data = labelled(new Array(500).fill(0));
  for (const alpha of [0.3, 1, 4]) {
    const draws = Array.from({ length: 600 }, (_, seed) => {
      const [first] = partition(data, { kind: "label-dirichlet", number: alpha }, 2, seed) as [
        Uint32Array,
        Uint32Array,
      ];
      return first.length / 500;
    });
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
    const expected = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(expected / 600), `alpha ${alpha}: mean ${mean}`);
    assert.ok(Math.abs(variance / expected - 1) < 0.2, `alpha ${alpha}: variance ${variance}, not ${expected}`);
  }
});

test("dirichlet on a regression skews the quantile bins of the first target", () => {
  const rng = createRng("targets");
  const data = labelled(Array.from({ length: 1000 }, () => rng.normal()));
  const spread = (alpha: number) => {
    const means = partition(data, { kind: "dirichlet", number: alpha }, 8, 1).map(
      (rows) => rows.reduce((sum, row) => sum + (data.targets[row] as number), 0) / rows.length,
    );
    return Math.max(...means) - Math.min(...means);
  };
  assert.ok(spread(0.05) > 1);
  assert.ok(spread(1000) < 0.5);
});

test("shards give a peer at most as many labels as shards where shards lie inside one label", () => {
  const data = balanced(10, 60);
  const parts = partition(data, { kind: "shards", number: 2 }, 15, 1);
  assert.deepEqual(sizes(parts), new Array(15).fill(40));
  for (const rows of parts) assert.ok(new Set(Array.from(rows, (row) => data.targets[row])).size <= 2);
});

test("owner keeps an owner's rows together: one each, dealt out to fewer peers, split into runs for more", () => {
  const owners = [..."aaaaaaaabbbbcccc"];
  const data = labelled(new Array(16).fill(0), owners);
  const ownersOf = (rows: Uint32Array) => [...new Set(Array.from(rows, (row) => owners[row]))].join("");
  assert.deepEqual(partition(data, { kind: "owner" }, 3, 1).map(ownersOf), ["a", "b", "c"]);
  const two = partition(data, { kind: "owner" }, 2, 1);
  assert.deepEqual(two.map(ownersOf).join("").split("").sort(), ["a", "b", "c"]);
  const four = partition(data, { kind: "owner" }, 4, 1);
  assert.deepEqual(four.map(ownersOf), ["a", "a", "b", "c"]);
  assert.deepEqual([...(four[1] as Uint32Array)], [4, 5, 6, 7]);
});

test("partition refuses what it cannot do, with the remedy", () => {
  const data = balanced(2, 5);
  assert.throws(() => partition(data, { kind: "iid" }, 6, 1), { code: "ERR_DATA", message: /use fewer peers/ });
  assert.throws(() => partition(data, { kind: "shards", number: 6 }, 2, 1), { code: "ERR_DATA" });
  assert.throws(() => partition(data, { kind: "owner" }, 2, 1), { code: "ERR_DATA", message: /owner column/ });
  assert.throws(() => partition(data, { kind: "iid" }, 0, 1), RangeError);
  assert.throws(() => partition(data, { kind: "dirichlet", number: 0 }, 2, 1), RangeError);
  assert.throws(() => partition(data, { kind: "shards", number: 0 }, 2, 1), RangeError);
});

test("parsePartition reads what people type and says what it wants instead", () => {
  assert.deepEqual(parsePartition("iid"), { kind: "iid" });
  assert.deepEqual(parsePartition(" owner "), { kind: "owner" });
  assert.deepEqual(parsePartition("dirichlet:0.5"), { kind: "dirichlet", number: 0.5 });
  assert.deepEqual(parsePartition("dirichlet:1e-2"), { kind: "dirichlet", number: 0.01 });
  assert.deepEqual(parsePartition("shards:2"), { kind: "shards", number: 2 });
  const bad = ["", "IID", "iid:1", "owner:2", "dirichlet", "dirichlet:", "dirichlet:0", "dirichlet:-1", "dirichlet:x"];
  for (const text of [
    ...bad,
    "dirichlet:1:2",
    "dirichlet:Infinity",
    "dirichlet:1e999",
    "shards",
    "shards:1.5",
    "shards:0",
  ]) {
    assert.throws(() => parsePartition(text), { code: "ERR_CONFIG", message: /dirichlet:ALPHA/ }, text);
  }
});

test("the partitions of the digits are pinned, so that an experiment of last year can be run again", async () => {
  const { data } = await readCsv(join(packageRoot(), "node/data/sets/digits.csv.gz"), {
    labels: { kind: "classification", column: "label" },
    features: ["p10", "p11"],
  });
  const digest = (spec: string, seed: number) => {
    const hash = createHash("sha256");
    for (const rows of partition(data, parsePartition(spec), 16, seed)) hash.update(`${rows.join(",")}\n`);
    return hash.digest("hex");
  };
  assert.deepEqual(
    ["iid", "dirichlet:0.5", "label-dirichlet:0.5", "label-dirichlet:0.01", "shards:2"].map((spec) => [
      spec,
      digest(spec, 1),
    ]),
    [
      ["iid", "0775aa8f47f30422df033f542fd8dadf5d8a41172d12e847dc73273b0af697d3"],
      ["dirichlet:0.5", "eec5137ac80fbd0888a52fd0a4df238594d2854fae86bdcb237610725946a10d"],
      ["label-dirichlet:0.5", "0392205e63490e4cfc0f34daea5a9a0f4863603828b0e91bff0a841ae207cf5c"],
      ["label-dirichlet:0.01", "801068ea0369968613bd19854e7ee54e8b7b1078607cee754725b083c44b26e8"],
      ["shards:2", "9a20167c68100b2ab257f635eed7782256ebf6d0a01dc20394d616b58ed05eb9"],
    ],
  );
});

test("owner-dirichlet keeps the rows of an owner together, gives each peer as many owners, and skews their classes the more, the smaller alpha is", () => {
  const owners = Array.from({ length: 400 }, (_, row) => `track ${row >> 1}`);
  const data = labelled(
    owners.map((_, row) => (row >> 1) % 5),
    owners,
  );
  const at = (number: number) => partition(data, { kind: "owner-dirichlet", number }, 10, 3);
  const parts = at(0.1);
  const held = parts.map((rows) => new Set(Array.from(rows, (row) => owners[row])));
  assert.deepEqual(
    held.map(({ size }) => size),
    new Array(10).fill(20),
  );
  assert.equal(new Set(held.flatMap((some) => [...some])).size, 200);
  assert.ok(skew(data, at(0.1)) > skew(data, at(1)) && skew(data, at(1)) > skew(data, at(100)));
  assert.throws(
    () => partition(labelled([0, 1, 2, 3]), { kind: "owner-dirichlet", number: 1 }, 2, 1),
    /names? no owners/,
  );
});
