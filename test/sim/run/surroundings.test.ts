/** What surrounds simulated peers: who can merge whom when, on the peers that ship. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { createSimulatedDraws } from "../../../protocol/privacy/draws.ts";
import type { Environment, Merge } from "../../../sim/algorithms/algorithm.ts";
import { hearsay } from "../../../sim/algorithms/hearsay.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { castOf, unsignedIdentity } from "../../../sim/run/cast.ts";
import { createSurroundings } from "../../../sim/run/surroundings.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { blobScenario, type Changes } from "../../support/experiments.ts";

const END_MS = 10_000;
/** Everything that was under way when the network changed is merged or lost by then: a cycle, and some more. */
const SETTLED_MS = 1100;

interface Seen {
  /** [virtual time, who merged, whose model], by number. */
  readonly merged: readonly (readonly [number, number, number])[];
  readonly trained: readonly (readonly [number, number])[];
  /** Of each identity: its device. */
  readonly devices: readonly number[];
}

/** Ten trainings of one second, or a little less, of each peer of a scenario, which remember nothing. Liars are honest here. */
async function live(changes: Changes): Promise<Seen> {
  const scenario = blobScenario(changes);
  const attack = scenario.attack && ATTACKS.get(scenario.attack.kind);
  const [clock, rng] = [createVirtualClock(), createRng("surroundings")];
  const crypto = { ...nodeCrypto, verify: () => true };
  const crowd = castOf(scenario, attack, rng, unsignedIdentity(crypto));
  const surroundings = createSurroundings(scenario, crowd, {
    clock,
    rng: rng.fork("surroundings"),
    endMs: END_MS,
    attack,
  });
  const { conditions } = surroundings;
  const network = createNetwork({ clock, crypto, conditions, announcements: scenario.network.announcements });
  const task = blobTask({ aggregation: { quorum: 1, memory: 0 } });
  const numbers = new Map(crowd.map(({ identity }, index) => [identity.peerId, index]));
  const merged: [number, number, number][] = [];
  const trained: [number, number][] = [];
  const of = (peer: string) => numbers.get(peer) as number;
  const environment: Environment = {
    scenario,
    task,
    clock,
    crypto,
    network,
    participants: crowd.map(({ identity, device }, index) => {
      const data = blobs(20, device);
      const trainMs = () => 1000 - 13 * index;
      return {
        index,
        identity,
        device: { trainMs },
        data,
        draws: createSimulatedDraws(rng),
        trainer: createDenseTrainer({ task, train: data }),
        honest: true,
      };
    }),
    pooled: createDenseTrainer({ task, train: blobs(20, 1) }),
    rng: rng.fork("algorithm"),
    endMs: END_MS,
    coalition: undefined,
    isHere: () => true,
    observer: {
      trained: (peer) => void trained.push([clock.now(), of(peer)]),
      merged: ({ peer, parents }: Merge) => {
        for (const parent of parents) merged.push([clock.now(), of(peer), of(parent.peer)]);
      },
    },
  };
  surroundings.begin(network, await hearsay.start(environment, {}));
  await clock.run(END_MS);
  return { merged, trained, devices: crowd.map(({ device }) => device) };
}

function between<T extends readonly [number, ...number[]]>(rows: readonly T[], fromMs: number, toMs: number): T[] {
  return rows.filter(([atMs]) => atMs >= fromMs && atMs < toMs);
}

describe("a partition", () => {
  const sides = { blocks: (peer: number) => Math.floor(peer / 3), modulo: (peer: number) => peer % 2 };

  for (const by of ["blocks", "modulo"] as const)
    it(`by ${by} lets no model through while it lasts, and all of them before and after`, async () => {
      const partitions = [{ from: 0.3, to: 0.6, by }];
      const { merged } = await live({ network: { topology: { kind: "complete" }, partitions } });
      const crosses = ([, own, other]: readonly [number, number, number]) => sides[by](own) !== sides[by](other);
      assert.ok(between(merged, 0, 3000).some(crosses));
      const during = between(merged, 3000 + SETTLED_MS, 6000);
      assert.ok(during.length > 20, `${during.length} models merged in the partition`);
      assert.deepEqual(during.filter(crosses), [], "models of the other side");
      const after = between(merged, 6000 + SETTLED_MS, END_MS).filter(crosses);
      const pairs = new Set(after.map(([, own, other]) => `${own} ${other}`));
      assert.equal(pairs.size, 2 * 3 * 3, "everybody merges everybody of the other side again");
    });

  it("ends the connections of peers that find one another by themselves, which dial again afterwards", async () => {
    const partitions = [{ from: 0.3, to: 0.6 }];
    const { merged } = await live({ network: { topology: { kind: "membership" }, partitions } });
    const crosses = ([, own, other]: readonly [number, number, number]) => sides.blocks(own) !== sides.blocks(other);
    assert.ok(between(merged, 0, 3000).some(crosses));
    const during = between(merged, 3000 + SETTLED_MS, 6000);
    assert.ok(during.length > 20 && !during.some(crosses), `${during.length} models merged in the partition`);
    const after = between(merged, 6000 + SETTLED_MS, END_MS).filter(crosses);
    assert.equal(new Set(after.map(([, own, other]) => `${own} ${other}`)).size, 2 * 3 * 3);
  });

  it("of three parts, with another inside, lets nobody through that is apart in one of them", async () => {
    const partitions = [
      { from: 0, to: 1, groups: 3 }, // 01 23 45
      { from: 0.5, to: 1, by: "modulo" }, // and 024 135
    ];
    const { merged, trained } = await live({ network: { topology: { kind: "complete" }, partitions } });
    assert.ok(merged.every(([, own, other]) => own >> 1 === other >> 1));
    assert.ok(merged.length > 20);
    assert.deepEqual(between(merged, 5000 + SETTLED_MS, END_MS), []);
    assert.ok(between(trained, 9000, END_MS).length >= 6, "they go on alone");
  });
});

describe("encounters", () => {
  const contacts = [
    [1, 3, 0, 1],
    [5, 8, 1, 2],
  ];

  it("are the only times in which peers merge each other", async () => {
    const { merged } = await live({ churn: { kind: "encounters", contacts } });
    const spans = new Map<string, [number, number]>();
    for (const [atMs, own, other] of merged) {
      const pair = [own, other].sort().join();
      const [first = atMs] = spans.get(pair) ?? [];
      spans.set(pair, [first, atMs]);
    }
    assert.deepEqual([...spans.keys()].sort(), ["0,1", "1,2"]);
    for (const [pair, fromMs, toMs] of [
      ["0,1", 1000, 3000],
      ["1,2", 5000, 8000],
    ] as const) {
      const [first, last] = spans.get(pair) as [number, number];
      assert.ok(first >= fromMs && last < toMs + SETTLED_MS, `${pair} merged from ${first} to ${last}`);
    }
  });

  it("of a device are those of all its identities", async () => {
    const { merged, devices } = await live({
      peers: 3,
      churn: { kind: "encounters", contacts },
      attack: { kind: "sybil", share: 0.33, identities: 3 },
    });
    assert.equal(devices.length, 5);
    const [liar] = devices.slice(3) as [number];
    const met = liar === 1 ? [0, 2] : [1];
    for (const own of met)
      for (const face of devices.keys())
        if (devices[face] === liar)
          assert.ok(
            merged.some(([, merger, other]) => merger === own && other === face),
            `${own} never merged identity ${face} of device ${liar}`,
          );
    const pairs = merged.map(([, own, other]) => [devices[own], devices[other]].sort().join());
    assert.deepEqual([...new Set(pairs)].sort(), ["0,1", "1,2"]);
  });
});

describe("a peer that goes off", () => {
  const sessions = [0, 1, 2, 3].map((peer) => [0, 20, peer]);

  it("trains no more, is merged by nobody, and does both when it is back", async () => {
    const trace = [...sessions, [0, 3, 4], [6, 20, 4], [20, 30, 5]];
    const { trained, merged } = await live({ churn: { kind: "trace", sessions: trace } });
    const of = (peer: number) => trained.filter(([, who]) => who === peer).map(([atMs]) => atMs);
    const [first, second] = [of(4).filter((atMs) => atMs < 6000), of(4).filter((atMs) => atMs >= 6000)];
    assert.ok(first.length === 3 && first.every((atMs) => atMs <= 3000), `${first}`);
    assert.ok(second.length >= 3 && second.every((atMs) => atMs > 6900), `a training starts anew: ${second}`);
    assert.deepEqual(of(5), [], "one that is never there");
    assert.ok(of(0).length >= 9);
    const merges = merged.filter(([, , other]) => other === 4).map(([atMs]) => atMs);
    assert.ok(merges.some((atMs) => atMs < 3000 + SETTLED_MS) && merges.some((atMs) => atMs > 7000));
    assert.deepEqual(
      merges.filter((atMs) => atMs >= 3000 + SETTLED_MS && atMs < 6900),
      [],
    );
  });

  it("whose recorded sessions touch or overlap is there once", async () => {
    const trace = [...sessions, [0, 5, 4], [5, 20, 4], [2, 6, 4]];
    const { trained } = await live({ churn: { kind: "trace", sessions: trace } });
    const { trained: steady } = await live({ churn: { kind: "trace", sessions: [...sessions, [0, 20, 4]] } });
    assert.deepEqual(trained, steady);
  });
});

describe("address translation", () => {
  it("of symmetric kind keeps all of them apart, whatever the topology wants", async () => {
    const nat = { symmetric: 1 };
    const { merged, trained } = await live({ network: { topology: { kind: "complete" }, nat } });
    assert.deepEqual(merged, []);
    assert.ok(trained.length > 50);
  });
});

it("messages from and to liars that stand beside everybody take the time that the attack says, all others that of the network", () => {
  const latency = { kind: "constant", ms: 50 };
  const eclipse = { kind: "eclipse", share: 0.34, nearMs: 7 };
  const scenario = blobScenario({ peers: 3, network: { latency }, attack: eclipse });
  const [clock, rng] = [createVirtualClock(), createRng("beside")];
  const attack = ATTACKS.get("eclipse");
  const crowd = castOf(scenario, attack, rng, unsignedIdentity(nodeCrypto));
  const { conditions } = createSurroundings(scenario, crowd, { clock, rng, endMs: END_MS, attack });
  const [liar, one, other] = crowd
    .toSorted((a, b) => Number(a.honest) - Number(b.honest))
    .map(({ identity }) => identity.peerId) as [string, string, string];
  const ways = [
    [liar, one],
    [one, liar],
    [one, other],
  ] as const;
  assert.deepEqual(
    ways.map(([from, to]) => conditions.transitMs(from, to, 100)),
    [7, 7, 50],
  );
});
