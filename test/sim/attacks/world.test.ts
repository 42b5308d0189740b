/**
 * Attacks on real peers: what the protocol lets through is what the attack meant to send, and what it refuses is
 * refused.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { euclideanNorm } from "../../../protocol/base/norm.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { blobTask } from "../../support/blobs.ts";
import { mergesOf } from "../../support/crowd.ts";
import { createSmallWorld, type HonestPeer, type SmallWorld } from "./small-world.ts";

function refusals({ honest }: SmallWorld): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { peer } of honest)
    for (const [code, count] of Object.entries(peer.status().counters.refused))
      total[code] = (total[code] ?? 0) + count;
  return total;
}

/** Models of liars in the merges of a peer, by cycle: [age, status, hash]. */
async function liesIn({ coalition }: SmallWorld, member: HonestPeer): Promise<[number, string, string][][]> {
  const liars = new Set(coalition.liars.map(({ identity }) => identity.peerId));
  return (await mergesOf(member)).map(({ parents }) =>
    parents.filter(({ peer }) => liars.has(peer)).map(({ age, status, model }) => [age, status, toHex(model)]),
  );
}

describe("on real peers", () => {
  const CYCLES = 7;
  /** Run twice: same seed, same models. */
  const CHANCY = ["gaussian", "replay", "push-flood", "adaptive", "spectral", "drift"];
  /** Refused for what it is, not for how it is made. */
  const expected: Record<string, readonly string[]> = {
    replay: ["ERR_REPLAYED"],
    "push-flood": ["ERR_NOT_FOUND"], // of so many, some are gone before a peer asks
  };

  for (const name of ATTACKS.keys()) {
    if (name === "silent") continue; // nothing is said
    it(`${name}: passes every check and is merged`, async () => {
      const outcome = async () => {
        const world = await createSmallWorld(name);
        await world.run(CYCLES);
        const lies = await Promise.all(world.honest.map((member) => liesIn(world, member)));
        return { lies, refused: refusals(world), models: world.honest.map(({ peer }) => [...peer.serving()]), world };
      };
      const { world, ...first } = await outcome();
      for (const code of Object.keys(first.refused)) assert.ok(expected[name]?.includes(code), `refused for ${code}`);
      assert.ok(
        first.lies.flat(2).length >= world.honest.length * CYCLES,
        `${first.lies.flat(2).length} lies were merged`,
      );
      for (const { peer } of world.honest) {
        assert.ok(peer.status().cycle >= CYCLES - 1, `${peer.status().cycle} cycles`);
        assert.ok(peer.serving().every(Number.isFinite));
      }
      if (!CHANCY.includes(name)) return;
      const { world: _, ...again } = await outcome();
      assert.deepEqual(again, first, "the second run differs");
    });
  }
});

describe("per-receiver lies", () => {
  for (const name of ["dissensus", "equivocation", "inside-the-ball", "adaptive"]) {
    it(`${name}: every peer pulls a fresh body of its own in every cycle`, async () => {
      const world = await createSmallWorld(name, { noise: 0.5 });
      await world.run(10);
      const merged: Set<string>[] = [];
      for (const member of world.honest) {
        const cycles = (await liesIn(world, member)).slice(2);
        const hashes = cycles.flat().map(([, , hash]) => hash);
        merged.push(new Set(hashes));
        assert.ok(new Set(hashes).size >= 0.9 * hashes.length, "lies are told again");
        assert.ok(hashes.length >= 2 * (cycles.length - 1), `${hashes.length} lies in ${cycles.length} merges`);
      }
      for (const [i, one] of merged.entries())
        for (const other of merged.slice(0, i)) assert.ok([...one].every((hash) => !other.has(hash)));
      assert.equal(refusals(world).ERR_RATE, undefined);
    });
  }
});

describe("false ages", () => {
  const steps = 5;

  async function ages(
    options: Record<string, unknown>,
  ): Promise<{ claims: number[]; merged: number; world: SmallWorld }> {
    const world = await createSmallWorld("lying-age", options);
    await world.run(12);
    const [member] = world.honest;
    assert.ok(member);
    const merged = (await liesIn(world, member)).flat().length;
    return { claims: member.heard.map(({ age }) => age), merged, world };
  }

  it("are what the direction says, in every announcement", async () => {
    const honest = Array.from({ length: 11 }, (_, i) => steps * (i + 1));
    const claims = async (options: Record<string, unknown>) => {
      const { claims, world } = await ages(options);
      const first = world.coalition.liars[0]?.identity.peerId;
      const heard = world.honest[0]?.heard.filter(({ author }) => author === first).map(({ age }) => age) ?? [];
      assert.ok(heard.length >= 10 && claims.length > heard.length);
      return heard;
    };
    const told = await claims({ direction: "up", cycles: 7 });
    assert.deepEqual(
      told,
      honest.slice(0, told.length).map((age) => age + 35),
    );
    assert.deepEqual(new Set(await claims({ direction: "max" })), new Set([LIMITS.maxAge]));
    assert.deepEqual(new Set(await claims({ direction: "zero" })), new Set([0]));
    const low = await claims({ direction: "down", cycles: 7 });
    assert.deepEqual(
      low,
      honest.slice(0, low.length).map((age) => Math.max(0, age - 35)),
    );
  });

  it("do not move the age of honest peers", async () => {
    for (const direction of ["up", "max", "zero"]) {
      const { world, merged } = await ages({ direction });
      assert.ok(merged > 5);
      for (const { peer } of world.honest) assert.ok(peer.status().age <= 12 * steps, `${peer.status().age} steps`);
    }
  });

  it("even of a majority leave no honest age lifted, and nobody stops training", async () => {
    const world = await createSmallWorld("lying-age", { direction: "max" }, { honest: 2, liars: 6 });
    await world.run(12);
    for (const { peer } of world.honest) assert.ok(peer.status().age <= 12 * steps, `${peer.status().age} steps`);
    for (const { peer } of world.honest) assert.ok(peer.status().cycle >= 11, `${peer.status().cycle} cycles`);
  });

  it("that are too low cost the liar its hearing", async () => {
    const task = blobTask({ staleness: { cutoff: 4 } });
    for (const [direction, heard] of [
      ["zero", false],
      ["max", true],
    ] as const) {
      const world = await createSmallWorld("lying-age", { direction }, { task });
      await world.run(12);
      for (const member of world.honest) {
        const lies = await liesIn(world, member);
        assert.ok((lies[1]?.length ?? 0) > 0, "while everybody is young, 0 is no age to speak of");
        const late = lies.slice(7).flat(); // what is too old for a merge is logged as removed
        assert.equal(
          late.some(([, status]) => status !== "removed"),
          heard,
        );
      }
    }
  });

  it("can cover a sign-flipped model", async () => {
    const [honest, flipped] = [await ages({}), await ages({ lie: "sign-flip" })];
    const norms = [honest, flipped].map(({ world }) => euclideanNorm(world.liars[0]?.current() ?? new Float32Array()));
    assert.notEqual(norms[0], norms[1]);
    assert.deepEqual(new Set(flipped.claims), new Set([LIMITS.maxAge]));
  });
});

describe("a push flood", () => {
  it("is heard eight times a cycle, drawn once", async () => {
    const world = await createSmallWorld("push-flood", {}, { task: blobTask({ aggregation: { inboxSize: 8 } }) });
    await world.run(12);
    for (const { heard, pulls, peer } of world.honest) {
      const { cycle } = peer.status();
      assert.ok(heard.length > 2 * 8 * 9, `${heard.length} announcements of two liars in ${cycle} cycles`);
      assert.ok(new Set(heard.map(({ model }) => toHex(model))).size > 0.95 * heard.length);
      for (const { identity } of world.coalition.liars) {
        const mine = pulls.filter(({ author }) => author === identity.peerId);
        assert.ok(mine.length >= cycle - 2 && mine.length <= cycle + 1, `${mine.length} pulls in ${cycle} cycles`);
      }
    }
  });
});

describe("a sleeper", () => {
  it("is honest for its share of the run, then lies", async () => {
    for (const lie of ["sign-flip", "alie", "inside-the-ball"]) {
      const sleeping = await createSmallWorld("sleeper", { lie, honestShare: 0.5 }, { cycles: 16 });
      const honest = await createSmallWorld("sleeper", { lie, honestShare: 1 }, { cycles: 1000 });
      const models = () => [sleeping, honest].map(({ honest: peers }) => peers.map(({ peer }) => [...peer.current()]));
      await Promise.all([sleeping.run(8), honest.run(8)]);
      const [before, reference] = models();
      assert.deepEqual(before, reference);
      await Promise.all([sleeping.run(5), honest.run(5)]);
      const [after, still] = models();
      assert.notDeepEqual(after, still);
    }
  });
});
