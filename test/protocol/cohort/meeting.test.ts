/** Peers that meet in cohorts beside their loops: who meets, who waits and says so, and what a loss costs the others. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { certificateFault } from "../../../protocol/cohort/certificate.ts";
import { CYCLE_MS, createHallWorld, type Guest, type HallWorld, PATIENCE_MS } from "../../support/cohort-hall.ts";
import { TASK } from "../../support/cohort-table.ts";

const SIZE_3 = { size: 3, minimum: 3 };

function worldOf(count: number, ...rest: Parameters<typeof createHallWorld>): HallWorld {
  const world = createHallWorld(...rest);
  for (let i = 0; i < count; i++) world.add();
  return world;
}

const releasesOf = (guests: readonly Guest[]) => guests.flatMap(({ released }) => released);

describe("peers that meet in cohorts", () => {
  it("publish means of three or more, each for its own task and certified, and every peer comes into some", async () => {
    const { guests, run } = worldOf(10, SIZE_3);
    await run(12 * CYCLE_MS);
    const releases = releasesOf(guests);
    assert.ok(releases.length >= 20, `${releases.length} in 12 cycles of 10 peers`);
    for (const { identity, released } of guests)
      for (const { mean, age, mass, certificate } of released) {
        const claim = { task: TASK, model: mean.hash, age, mass, publicKey: identity.publicKey };
        assert.equal(certificateFault(certificate, claim, 3, nodeCrypto), undefined);
        const sum = mass * (mean.params[0] as number);
        assert.ok(Math.abs(sum - Math.round(sum)) < 1e-4, "it is the mean of whole numbers");
      }
    for (const { meeting, number } of guests) assert.ok(meeting.status().sessions.released >= 8, `peer ${number}`);
    assert.deepEqual(
      guests.flatMap(({ misdeeds }) => misdeeds),
      [],
    );
  });

  it("meet others each time", async () => {
    const { guests, run } = worldOf(9, SIZE_3);
    await run(12 * CYCLE_MS);
    const sums = new Set(releasesOf(guests).map(({ mean }) => Math.round(3000 * (mean.params[0] as number))));
    assert.ok(sums.size >= 8, `${sums.size} different sums`);
  });

  it("wait where they are alone or too few, and say so; nothing of their models leaves them", async () => {
    for (const count of [1, 2]) {
      const { guests, run } = worldOf(count, SIZE_3);
      await run(10 * CYCLE_MS);
      for (const { meeting, lent } of guests) {
        const { waitsFor, alone, sessions } = meeting.status();
        assert.equal(waitsFor, "others");
        assert.ok(alone >= 3, `${alone} draws`);
        assert.deepEqual(sessions, { joined: 0, released: 0, failed: 0 });
        assert.equal(lent.size, 0);
      }
    }
  });

  it("take in who comes later, after an epoch in which its lots counted for nothing", async () => {
    const world = worldOf(3, SIZE_3);
    await world.run(6 * CYCLE_MS);
    const late = world.add();
    const firstMs = world.clock.now();
    while (late.meeting.status().epoch === 0) await world.run(10);
    const { epoch } = late.meeting.status();
    while (late.meeting.status().epoch <= epoch && world.clock.now() < firstMs + 4 * CYCLE_MS) {
      assert.equal(late.meeting.status().sessions.joined, 0);
      await world.run(10);
    }
    await world.run(6 * CYCLE_MS);
    assert.ok(late.meeting.status().sessions.released >= 1);
  });

  it("go on without a member that stays silent from some moment on", async () => {
    const world = worldOf(5, { size: 4, minimum: 3 });
    await world.run(5 * CYCLE_MS);
    (world.guests[4] as Guest).kill();
    const before = releasesOf(world.guests).length;
    await world.run(10 * CYCLE_MS);
    assert.ok(releasesOf(world.guests).length >= before + 3);
  });

  it("drop a slow member after its own time, and release without it", async () => {
    const slowMs = 4 * PATIENCE_MS;
    const { guests, run } = worldOf(4, { size: 4, minimum: 3 }, (number) => (number === 2 ? slowMs : 0));
    await run(12 * CYCLE_MS);
    const releases = releasesOf(guests.filter(({ number }) => number !== 2)); // its own answers to itself are not late
    assert.ok(releases.length >= 3, `${releases.length}`);
    for (const { mass, mean } of releases) {
      assert.equal(mass, 3);
      assert.equal(Math.round(3 * (mean.params[0] as number)), 0 + 1 + 3);
    }
  });

  it("give up a coordinator that dies in the middle, and meet again without it", async () => {
    const world = worldOf(4, SIZE_3);
    const { guests } = world;
    await world.run(CYCLE_MS);
    let dead: Guest | undefined;
    for (let i = 0; i < 4000 && dead === undefined; i++) {
      await world.run(10);
      dead = guests.find(({ lent }) => lent.size === 4); // it has the vectors of the others, and they have told it no secrets
    }
    dead?.kill();
    const sitting = guests.filter((guest) => guest !== dead && guest.meeting.status().waitsFor === "session");
    assert.equal(sitting.length, 3);
    const before = sitting.map(({ meeting }) => meeting.status().sessions.released);
    await world.run(2 * PATIENCE_MS * 6 + CYCLE_MS);
    for (const { meeting } of sitting) assert.ok(meeting.status().sessions.failed >= 1, "it was given up");
    await world.run(8 * CYCLE_MS);
    for (const [i, { meeting }] of sitting.entries())
      assert.ok(meeting.status().sessions.released > (before[i] as number), "and others were met");
  });

  it("leave a session as soon as its coordinator, which gave it up, makes an offer again", async () => {
    const delay = { ms: 0 };
    const { guests, run } = worldOf(3, SIZE_3, (number) => (number === 2 ? delay.ms : 0));
    await run(4 * CYCLE_MS);
    delay.ms = 2 * PATIENCE_MS; // nothing that this one joins comes to its end
    const failedBefore = guests.reduce((sum, { meeting }) => sum + meeting.status().sessions.failed, 0);
    let [longestMs, sinceMs] = [0, 0];
    for (let ms = 0; ms < 12 * CYCLE_MS; ms += 50) {
      await run(50);
      const sitting = guests.filter(({ meeting }) => meeting.status().waitsFor === "session").length;
      sinceMs = sitting === 1 ? sinceMs + 50 : 0;
      longestMs = Math.max(longestMs, sinceMs);
    }
    const failed = guests.reduce((sum, { meeting }) => sum + meeting.status().sessions.failed, 0) - failedBefore;
    assert.ok(failed >= 3, `${failed} sessions failed`);
    assert.ok(longestMs <= CYCLE_MS, `one sat alone for ${longestMs} ms`);
  });

  it("meet again after one that trains faster was cut off for a while: it has waited for the others", async () => {
    const { guests, network, run } = worldOf(3, SIZE_3);
    await run(6 * CYCLE_MS);
    const [fast, ...others] = guests as [Guest, ...Guest[]];
    const released = () => fast.meeting.status().sessions.released;
    const train = async (times: number) => {
      for (let age = 0; age < times; age++) {
        fast.meeting.offer(new Float32Array(8), 1000 + age);
        await run(CYCLE_MS / 4);
      }
    };
    for (const { identity } of others) network.disconnect(fast.identity.peerId, identity.peerId);
    await train(40);
    for (const { identity } of others) network.connect(fast.identity.peerId, identity.peerId);
    const before = released();
    await train(40);
    assert.ok(released() >= before + 2, `${released() - before} sessions in ten cycles`);
  });

  it("offer each model to one sum at most", async () => {
    const { guests, run } = worldOf(3, SIZE_3);
    await run(12 * CYCLE_MS);
    const ages = releasesOf(guests).map(({ age }) => age);
    assert.equal(new Set(ages).size, ages.length);
  });
});
