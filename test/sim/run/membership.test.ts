/** Simulated peers that find one another by themselves, as real ones do: whoever they began with may die. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { PeerId, Transport } from "../../../protocol/base/seams.ts";
import { REDIAL_LONGEST_MS } from "../../../protocol/membership/card.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { taskNames } from "../../../protocol/wire/messages.ts";
import { blobTask } from "../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member } from "../../support/crowd.ts";
import { type Changes, runBlobs } from "../../support/experiments.ts";

const TASK = blobTask({ aggregation: { rule: "median", inboxSize: 4, quorum: 1 } });
const PEERS_PROTOCOL = taskNames(nodeCrypto.sha256(encodeTask(TASK))).peers;
const BOOTSTRAP = [0, 1];
const COUNT = 16;
/** Fewer than the others: nobody can be connected to all by dialling alone. */
const MAX_OUTBOUND = 4;

interface Town {
  readonly crowd: Crowd;
  readonly transports: Map<PeerId, Transport>;
  /** A peer that knows these from its configuration, and nobody else. */
  join(number: number, knows: readonly number[], more?: Partial<Member["joinedWith"]>): Promise<Member>;
  kill(member: Member): void;
}

/** @param tells whether peers answer who asks them for peers. */
function createTown(tells = true): Town {
  const crowd = createCrowd({ task: TASK, minCycleMs: 500 });
  const transports = new Map<PeerId, Transport>();
  const silent = (transport: Transport): Transport => ({
    ...transport,
    onRequest: (protocol, handler) => protocol !== PEERS_PROTOCOL && transport.onRequest(protocol, handler),
  });
  return {
    crowd,
    transports,
    join(number, knows, more = {}) {
      const bootstrap = knows.filter((other) => other !== number).map((other) => identityOf(other).peerId);
      const wrapTransport = (transport: Transport) => {
        transports.set(identityOf(number).peerId, transport);
        return tells ? transport : silent(transport);
      };
      return crowd.join(number, { ...more, membership: { bootstrap, maxOutbound: MAX_OUTBOUND }, wrapTransport });
    },
    kill(member) {
      member.kill();
      crowd.world.network.leave(member.peerId);
    },
  };
}

/** Sixteen peers that begin with two, which die after a while. */
async function townWithoutFounders(tells = true): Promise<{ town: Town; left: Member[] }> {
  const town = createTown(tells);
  const members: Member[] = [];
  for (let number = 0; number < COUNT; number++) members.push(await town.join(number, BOOTSTRAP));
  await town.crowd.run(15_000);
  const founders = members.slice(0, BOOTSTRAP.length);
  for (const { peerId } of members.slice(BOOTSTRAP.length))
    assert.ok(
      town.transports
        .get(peerId)
        ?.peers()
        .some((peer) => founders.some((one) => one.peerId === peer)),
    );
  for (const founder of founders) town.kill(founder);
  return { town, left: members.slice(BOOTSTRAP.length) };
}

/** Everybody who is connected to the first over any number of hops, and that peer. */
function reachOf({ transports }: Town, first: Member): Set<PeerId> {
  const reached = new Set([first.peerId]);
  for (const peer of reached) for (const next of transports.get(peer)?.peers() ?? []) reached.add(next);
  return reached;
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

const mergesOf = (members: readonly Member[]) => members.map(({ peer }) => peer.status().counters.merges);

describe("a simulated network of peers that find one another", () => {
  it("stays in one piece and goes on merging when all peers die that it began with, and lets a newcomer in", async () => {
    const { town, left } = await townWithoutFounders();
    const first = left[0] as Member;
    const before = mergesOf(left);
    await town.crowd.run(10_000);
    assert.equal(reachOf(town, first).size, left.length);
    for (const [i, merges] of mergesOf(left).entries())
      assert.ok(
        merges >= (before[i] as number) + 8,
        `peer ${i}: ${merges - (before[i] as number)} merges in ten seconds`,
      );

    const newcomer = await town.join(COUNT, [9]);
    await town.crowd.run(10_000);
    assert.equal(reachOf(town, first).size, left.length + 1);
    assert.ok(newcomer.peer.status().neighbours >= 3, "it knows more than the one that it began with");
    assert.ok(newcomer.peer.status().counters.merges >= 5);
  });

  it("falls to pieces where nobody tells of others: everybody was connected to those alone", async () => {
    const { town, left } = await townWithoutFounders(false);
    const before = mergesOf(left);
    await town.crowd.run(10_000);
    for (const member of left) assert.equal(reachOf(town, member).size, 1);
    assert.ok(mergesOf(left).every((merges, i) => merges <= (before[i] as number) + 2));
  });

  it("takes back a peer that knew the dead alone at its start, once it has its own memory of others", async () => {
    const { town, left } = await townWithoutFounders();
    const [first, one] = left as [Member, Member];
    town.kill(one);
    await town.crowd.run(5_000);
    assert.ok(!reachOf(town, first).has(one.peerId));
    const again = await town.join(BOOTSTRAP.length + 1, BOOTSTRAP, { store: one.store });
    await town.crowd.run(10_000);
    assert.ok(reachOf(town, first).has(one.peerId));
    assert.ok(again.peer.status().counters.merges >= 5);
  });

  it("finds a founder again that comes back after ten minutes, without any other peer being restarted", async () => {
    const town = createTown();
    const founder = await town.join(0, []);
    const other = await town.join(1, [0]);
    await town.crowd.run(5_000);
    assert.equal(reachOf(town, other).size, 2);
    town.kill(founder);
    await town.crowd.run(600_000);
    await town.join(0, [], { store: founder.store });
    await town.crowd.run(1.5 * REDIAL_LONGEST_MS + 1_000);
    assert.equal(reachOf(town, other).size, 2);
  });
});

describe("a scenario whose topology is membership", () => {
  const found: Changes = { peers: 12, network: { topology: { kind: "membership" } } };

  it("has its peers find one another and merge, in the same way each time", async () => {
    const report = await runBlobs(found);
    for (const { index, merges } of report.peers)
      assert.ok(sum(merges) >= 5, `models of peer ${index}: ${sum(merges)} merges`);
    assert.deepEqual(await runBlobs(found), report);
  });

  it("goes on when its bootstrap peers go off for good", async () => {
    const [diesAt, end] = [6, 30];
    const sessions = Array.from({ length: 12 }, (_, peer) => [0, peer < 2 ? diesAt : end, peer]);
    const report = await runBlobs({ ...found, cycles: end, churn: { kind: "trace", sessions } });
    const mostBefore = diesAt * (12 - 1); // everybody else merges it once a cycle
    for (const { index, merges } of report.peers.slice(2))
      assert.ok(sum(merges) >= 2 * mostBefore, `models of peer ${index}: ${sum(merges)} merges`);
  });
});
