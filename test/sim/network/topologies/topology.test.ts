import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean } from "../../../../protocol/base/figures.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { linksOf } from "../../../../sim/network/topologies/registry.ts";
import type { Link } from "../../../../sim/network/topologies/topology.ts";

function degreesOf(links: readonly Link[], peers: number): number[] {
  const degrees = new Array<number>(peers).fill(0);
  for (const peer of links.flat()) degrees[peer] = (degrees[peer] as number) + 1;
  return degrees;
}

/** Hops from peer 0 to each; -1 where there is no way. */
function hopsOf(links: readonly Link[], peers: number): number[] {
  const neighbours = Array.from({ length: peers }, (): number[] => []);
  for (const [a, b] of links) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  const hops = new Array<number>(peers).fill(-1);
  hops[0] = 0;
  const queue = [0];
  for (const peer of queue)
    for (const other of neighbours[peer] ?? [])
      if (hops[other] === -1) {
        hops[other] = (hops[peer] as number) + 1;
        queue.push(other);
      }
  return hops;
}

function assertSimple(links: readonly Link[], peers: number): void {
  for (const [a, b] of links) assert.ok(a >= 0 && a < b && b < peers, `${a}-${b}`);
  assert.equal(new Set(links.map(String)).size, links.length, "each link once");
}

const TOPOLOGIES = [
  { kind: "complete" },
  { kind: "random", degree: 2 },
  { kind: "random", degree: 5 },
  { kind: "random", degree: 32 },
  { kind: "ring", degree: 2 },
  { kind: "ring", degree: 6 },
  { kind: "dumbbell", bridges: 1 },
  { kind: "dumbbell", bridges: 7 },
  { kind: "two-worlds", across: 1 },
  { kind: "two-worlds", across: 3 },
] as const;

describe("topology", () => {
  it("is connected and has each link once, from 2 peers on", () => {
    for (const topology of TOPOLOGIES)
      for (const peers of [2, 3, 4, 7, 34, 40, 101]) {
        const links = linksOf(topology, peers, createRng(`${peers}`));
        assertSimple(links, peers);
        assert.ok(!hopsOf(links, peers).includes(-1), `${JSON.stringify(topology)}, ${peers} peers`);
      }
  });

  it("two-worlds: cliques of half the peers, and each peer has `across` links to the other", () => {
    for (const across of [1, 4]) {
      const links = linksOf({ kind: "two-worlds", across }, 20, createRng(1));
      assert.deepEqual(degreesOf(links, 20), new Array<number>(20).fill(9 + across));
      assert.equal(links.filter(([a, b]) => a < 10 && b >= 10).length, 10 * across);
    }
    assert.equal(linksOf({ kind: "two-worlds", across: 1000 }, 6, createRng(1)).length, 15, "no link twice");
  });

  it("has no links for one peer", () => {
    for (const topology of TOPOLOGIES) assert.deepEqual(linksOf(topology, 1, createRng(1)), []);
  });

  it("gives no links where peers make theirs by themselves", () => {
    const topology = { kind: "membership", bootstrap: 2, maxOutbound: 8 } as const;
    assert.deepEqual(linksOf(topology, 50, createRng(1)), []);
  });

  it("random: nearly every peer has the degree, none has more, and the ways are short", () => {
    const peers = 10_000;
    const links = linksOf({ kind: "random", degree: 16 }, peers, createRng("random"));
    const degrees = degreesOf(links, peers);
    assert.ok(mean(degrees) > 15.99 && Math.max(...degrees) === 16, `mean ${mean(degrees)}`);
    assert.ok(Math.min(...degrees) >= 2);
    assert.ok(Math.max(...hopsOf(links, peers)) <= 6, "log(10,000) / log(15) is 3.4");
  });

  it("random: links know no neighbourhood, unlike those of a ring", () => {
    const peers = 1000;
    const distance = ([a, b]: Link) => Math.min(b - a, peers - (b - a)) / (peers / 2);
    const distances = linksOf({ kind: "random", degree: 10 }, peers, createRng(4)).map(distance);
    assert.ok(Math.abs(mean(distances) - 0.5) < 0.02, `mean ${mean(distances)}`);
  });

  it("random: nearly complete where peers are a few more than the degree, complete where they are not", () => {
    const degrees = degreesOf(linksOf({ kind: "random", degree: 32 }, 40, createRng(1)), 40);
    assert.ok(mean(degrees) > 31 && Math.max(...degrees) === 32, `mean ${mean(degrees)}`);
    assert.equal(linksOf({ kind: "random", degree: 32 }, 33, createRng(1)).length, (33 * 32) / 2);
  });

  it("random: the seed decides", () => {
    const draw = (seed: number) => linksOf({ kind: "random", degree: 8 }, 200, createRng(seed));
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  it("ring: each with its nearest on both sides", () => {
    const links = linksOf({ kind: "ring", degree: 4 }, 9, createRng(1));
    assert.deepEqual(new Set(degreesOf(links, 9)), new Set([4]));
    const ofZero = links.filter((link) => link.includes(0)).map(([a, b]) => a + b);
    assert.deepEqual(ofZero.sort(), [1, 2, 7, 8]);
  });

  it("dumbbell: two cliques and the bridges", () => {
    for (const bridges of [1, 3, 13]) {
      const links = linksOf({ kind: "dumbbell", bridges }, 11, createRng(1));
      assertSimple(links, 11);
      assert.equal(links.filter(([a, b]) => a < 6 && b >= 6).length, bridges);
      assert.equal(links.length, 15 + 10 + bridges);
    }
    const all = linksOf({ kind: "dumbbell", bridges: 1000 }, 11, createRng(1));
    assert.equal(all.length, 55, "no more bridges than pairs");
  });
});

describe("a list of links", () => {
  it("means the same in any order, with either end first, and with rows twice", () => {
    const given = [
      [3, 1],
      [0, 2],
      [1, 3],
      [1, 0],
    ] as const;
    assert.deepEqual(linksOf({ kind: "edges", links: given }, 4, createRng("none")), [
      [0, 1],
      [0, 2],
      [1, 3],
    ]);
  });

  it("that names a peer which there is not is refused, by its row, with the number of peers that it needs", () => {
    const links = [
      [0, 1],
      [1, 5],
    ] as const;
    assert.throws(() => linksOf({ kind: "edges", links }, 4, createRng("none")), {
      code: "ERR_CONFIG",
      message: /row 2 names peer 5, but there are 4, from 0; set peers: 6/,
    });
  });
});
