/** Whom a peer dials and when, in virtual time, on a simulated network. Real connections are in test/node/net/membership.test.ts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { REDIAL_LONGEST_MS, REDIAL_SOON_MS } from "../../../protocol/membership/card.ts";
import { encodePeersAnswer } from "../../../protocol/wire/messages.ts";
import { addressOf } from "../../../sim/network/addresses.ts";
import { createSimulatedMembers, PEERS, type SimulatedMember } from "../../support/simulated-members.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Between two looks at the book. */
const TICK_MS = 500;

const isLinked = (a: SimulatedMember, b: SimulatedMember) =>
  a.transport.peers().includes(b.id) && b.transport.peers().includes(a.id);

const outboundOf = ({ transport }: SimulatedMember) =>
  transport.connections().filter(({ isOutbound }) => isOutbound).length;

/** Times between the dials that were made from then on. */
function gapsSince({ dials }: SimulatedMember, fromMs: number): number[] {
  const times = dials.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
  return times.slice(1).map((atMs, i) => atMs - (times[i] as number));
}

describe("membership and a peer that is lost", () => {
  it("dials it again after half a second, then ever more rarely, at most a minute and a half later; it is found when it comes back", async () => {
    const members = createSimulatedMembers();
    const near = await members.add(0, { bootstrap: [1] });
    const far = await members.add(1);
    await members.run(20 * SECOND);
    assert.ok(isLinked(near, far));
    const lostMs = members.clock.now();
    far.kill();
    await members.run(20 * SECOND);
    const first = near.dials.find(({ atMs }) => atMs > lostMs)?.atMs ?? Number.NaN;
    assert.ok(first - lostMs <= 750 + TICK_MS, `first dialled after ${first - lostMs} ms`);
    const early = gapsSince(near, lostMs);
    assert.ok(early.length >= 4, `${early}`);
    assert.ok((early[0] as number) < (early.at(-1) as number), `the waits grow: ${early}`);

    await members.run(2 * HOUR);
    const late = gapsSince(near, members.clock.now() - HOUR);
    const longestMs = 1.5 * REDIAL_LONGEST_MS + TICK_MS;
    assert.ok(
      late.every((gap) => gap >= REDIAL_SOON_MS / 2 && gap <= longestMs),
      `${late}`,
    );
    assert.ok(late.length > 30 && late.length < 125, `${late.length} dials in an hour`);

    const again = await members.add(1, { store: far.store });
    await members.run(longestMs + SECOND);
    assert.ok(isLinked(near, again));
  });

  for (const [what, greets, longestMs] of [
    ["soon where it greeted: vehicles that pass each other", true, 1.5 * REDIAL_SOON_MS + TICK_MS],
    ["ever more rarely where it did not: it is full, or is spoken for", false, undefined],
  ] as const)
    it(`dials one that meets it for 2 s at a time ${what}`, async () => {
      const members = createSimulatedMembers();
      const near = await members.add(0, { bootstrap: [1] });
      const far = await members.add(1);
      const waits: number[] = [];
      for (let meeting = 0; meeting < 6; meeting++) {
        const fromMs = members.clock.now();
        while (!isLinked(near, far)) await members.run(TICK_MS / 5);
        waits.push(members.clock.now() - fromMs);
        if (greets) near.transport.keep(far.id); // as the answer to a greeting does
        await members.run(2 * SECOND);
        members.network.disconnect(near.id, far.id);
        await members.run(TICK_MS / 5);
      }
      const most = Math.max(...waits);
      if (longestMs === undefined) assert.ok(most > 2 * 1.5 * REDIAL_SOON_MS, `${waits}`);
      else assert.ok(most <= longestMs, `${waits}`);
    });

  it("dials it at once when the network has changed", async () => {
    const members = createSimulatedMembers();
    const near = await members.add(0, { bootstrap: [1] });
    const far = await members.add(1);
    await members.run(2 * SECOND);
    far.kill();
    await members.run(2 * HOUR);
    const again = await members.add(1);
    near.membership.hurry();
    await members.run(SECOND);
    assert.ok(isLinked(near, again));
  });

  it("gives a call up that nobody answers after LIMITS.dialTimeoutMs, and calls again", async () => {
    const members = createSimulatedMembers(LIMITS.dialTimeoutMs); // there and back takes twice as long
    const near = await members.add(0, { bootstrap: [1] });
    const far = await members.add(1);
    await assert.rejects(
      async () => {
        const dialled = near.transport.dial(addressOf(far.id));
        dialled.catch(() => {});
        await members.run(LIMITS.dialTimeoutMs);
        await dialled;
      },
      { code: "ERR_TIMEOUT" },
    );
    await members.run(MINUTE);
    assert.ok(near.dials.length > 3 && !isLinked(near, far), `${near.dials.length} dials`);
  });
});

describe("membership and peers that it hears of", () => {
  it("makes a mesh of a star, and the hub dials nobody: it only asks whether they are there", async () => {
    const members = createSimulatedMembers();
    const hub = await members.add(0);
    const others: SimulatedMember[] = [];
    for (let number = 1; number <= 5; number++) others.push(await members.add(number, { bootstrap: [0] }));
    await members.run(20 * SECOND);
    for (const one of others) assert.equal(one.transport.peers().length, 5);
    assert.equal(hub.book.reachable(10).length, 5);
    assert.equal(outboundOf(hub), 0);
    assert.ok(hub.dials.length > 0 && hub.dials.every(({ probe }) => probe));
  });

  it("remembers them: one that restarts without any bootstrap address finds those that are still there", async () => {
    const members = createSimulatedMembers();
    const hub = await members.add(0);
    const [a, b] = [await members.add(1, { bootstrap: [0] }), await members.add(2, { bootstrap: [0] })];
    await members.run(20 * SECOND);
    hub.kill();
    a.kill();
    await members.run(MINUTE);
    const again = await members.add(1, { store: a.store });
    await members.run(SECOND);
    assert.ok(isLinked(again, b));
  });

  it("learns whose an address is that its owner gave without a name, and tries until somebody is there", async () => {
    const members = createSimulatedMembers();
    const near = await members.add(0, { nameless: [1] });
    await members.run(MINUTE);
    const gaps = gapsSince(near, 0);
    assert.ok(gaps.every((gap) => gap <= REDIAL_SOON_MS + TICK_MS) && gaps.length > 10, `${gaps}`);
    const far = await members.add(1);
    await members.run(REDIAL_SOON_MS + TICK_MS + SECOND);
    assert.ok(isLinked(near, far));
    assert.deepEqual(near.book.addressesOf(far.id), [addressOf(far.id)]);
    far.kill();
    await members.run(SECOND);
    const again = await members.add(1);
    await members.run(10 * SECOND);
    assert.ok(isLinked(near, again), "from now on it is redialled like any other");
  });

  it("dials an address that turns out to be its own ever more rarely: one list may serve all machines", async () => {
    const members = createSimulatedMembers();
    const near = await members.add(0, { nameless: [0] });
    await members.run(10 * MINUTE);
    const gaps = gapsSince(near, 0);
    assert.ok(gaps.length >= 5 && gaps.length <= 7, `${gaps}`);
    assert.ok(
      gaps.every((gap, i) => Math.abs(gap - REDIAL_SOON_MS * 2 ** i) <= 2 * TICK_MS),
      `${gaps}`,
    );
    assert.deepEqual(near.book.addressesOf(near.id), []);
  });

  it("believes nobody who says that a peer is at another's address", async () => {
    const members = createSimulatedMembers();
    const liar = await members.add(0);
    const told = [{ peer: members.idOf(2), addresses: [addressOf(members.idOf(3)), "/sim/", "nowhere"] }];
    liar.transport.onRequest(PEERS, () => encodePeersAnswer(told));
    const victim = await members.add(1, { bootstrap: [0] });
    await members.run(10 * SECOND);
    assert.deepEqual(victim.book.addressesOf(members.idOf(2)), []);
  });
});

describe("membership and its places", () => {
  it("dials strangers to three quarters of them, and closes one of these for a peer that is known", async () => {
    const members = createSimulatedMembers();
    for (let number = 1; number <= 10; number++) await members.add(number);
    const known = new Set([members.idOf(9), members.idOf(10)]);
    const near = await members.add(0, { maxOutbound: 4, known });
    const tell = (number: number) =>
      near.book.learn(members.idOf(number), [addressOf(members.idOf(number))], { name: "x" });
    for (let number = 1; number <= 8; number++) tell(number);
    await members.run(30 * SECOND);
    assert.equal(outboundOf(near), 3);
    for (const number of [9, 10]) tell(number);
    await members.run(30 * SECOND);
    assert.equal(outboundOf(near), 4);
    for (const peer of known) assert.ok(near.transport.peers().includes(peer));
  });

  it("does not dial again whom the peer left: for LIMITS.shunMs because of its task, for good because of evidence", async () => {
    const members = createSimulatedMembers();
    const [shunned, banned] = [await members.add(1), await members.add(2)];
    const near = await members.add(0);
    for (const { id } of [shunned, banned]) near.book.learn(id, [addressOf(id)], { name: "x" });
    await members.run(2 * SECOND);
    assert.equal(near.transport.peers().length, 2);
    near.transport.shun(shunned.id);
    near.transport.block(banned.id);
    assert.deepEqual(near.transport.peers(), []);
    const before = near.dials.length;
    await members.run(LIMITS.shunMs - SECOND);
    for (const { id } of [shunned, banned]) near.book.learn(id, [addressOf(id)], { name: "x" });
    await members.run(500);
    assert.equal(near.dials.length, before);
    assert.ok(near.book.isBanned(banned.id) && !near.book.isBanned(shunned.id));
  });
});
