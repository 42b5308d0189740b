/** Clusters of peers that speak through one of them, in virtual time: the very code that ships. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { plainAggregator } from "../../../../protocol/aggregate/registry.ts";
import type { Aggregator } from "../../../../protocol/base/learning-seams.ts";
import { LINK_GRADES, type LinkGrade } from "../../../../protocol/gateway/beacon.ts";
import { CLUSTER, readClusterCertificate } from "../../../../protocol/gateway/certificate.ts";
import { SILENT_MS } from "../../../../protocol/gateway/cluster.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { audit } from "../../../support/audits.ts";
import { type Clusters, createClusters, GATEWAY_TASK } from "../../../support/clusters.ts";
import { accuracyOf, entriesOf, identityOf, type Member, mergesOf } from "../../../support/crowd.ts";
import { createMemoryArchive } from "../../../support/memory-archive.ts";

const SETTLED_MS = SILENT_MS + 2000;

async function releasesOf(member: Member) {
  return (await entriesOf(member)).flatMap((entry) =>
    entry.type === "publish" && entry.body.mechanism === CLUSTER ? [entry] : [],
  );
}

/** One gateway, of which all members of a place know. */
function theGatewayOf(clusters: Clusters, place: number): Member {
  const [gateway, ...others] = new Set(clusters.gatewaysOf(place));
  assert.deepEqual(others, [], "they disagree");
  const member = clusters.membersOf(place).find(({ peerId }) => peerId === gateway);
  assert.ok(member, "there is none");
  return member;
}

async function two(size: number, changes: Parameters<Clusters["join"]>[1] = {}): Promise<Clusters> {
  const clusters = createClusters(size);
  for (let i = 0; i < 2 * size; i++) await clusters.join(i, changes);
  return clusters;
}

describe("peers of one place", () => {
  it("elect one of them, through whom alone they are heard and hear others, and learn as well as all", async () => {
    const clusters = await two(5);
    await clusters.crowd.run(SETTLED_MS);
    const before = new Map(clusters.askedOutside);
    await clusters.crowd.run(25_000);
    for (const place of [0, 1]) {
      const gateway = theGatewayOf(clusters, place);
      const outside = new Set(clusters.membersOf(1 - place).map(({ peerId }) => peerId));
      const theirs = theGatewayOf(clusters, 1 - place);
      for (const [i, member] of clusters.membersOf(place).entries()) {
        const number = place * 5 + i;
        const asked = (clusters.askedOutside.get(number) ?? 0) - (before.get(number) ?? 0);
        if (member === gateway) assert.ok(asked > 5, "the gateway asks others");
        else assert.equal(asked, 0, `member ${number} asks nobody outside`);
        const merged = (await mergesOf(member)).slice(-10).flatMap(({ parents }) => parents);
        const foreign = new Set(merged.map(({ peer }) => peer).filter((peer) => outside.has(peer)));
        assert.deepEqual(
          [...foreign],
          [theirs.peerId],
          "it merges the release of the other place, and nothing else of it",
        );
        const { refused } = member.peer.status().counters;
        assert.equal(refused.ERR_LOG_PROOF ?? 0, 0);
        assert.ok((await accuracyOf(member)) > 0.85);
      }
    }
  });

  it("release what their members signed, and an audit makes each release again", async () => {
    const clusters = createClusters(4);
    const archives = new Map<string, ReturnType<typeof createMemoryArchive>>();
    for (let i = 0; i < 8; i++) {
      const archive = createMemoryArchive();
      const { peerId } = await clusters.join(i, { archive });
      archives.set(peerId, archive);
    }
    await clusters.crowd.run(SETTLED_MS + 10_000);
    const gateway = theGatewayOf(clusters, 0);
    const releases = await releasesOf(gateway);
    assert.ok(releases.length >= 5, `${releases.length} releases`);
    const task = nodeCrypto.sha256(encodeTask(GATEWAY_TASK));
    for (const { body, tsMs } of releases) {
      const { age, mass = 0, cohort = new Uint8Array() } = body;
      const { publicKey } = gateway.identity;
      const members = readClusterCertificate(cohort, { task, age, mass, publicKey, tsMs }, nodeCrypto);
      assert.ok(typeof members !== "string", String(members));
      assert.ok(mass >= 3);
    }
    const find = (hash: Uint8Array) => archives.get(gateway.peerId)?.get(hash) ?? Promise.resolve(undefined);
    const { firstLie, tallies } = await audit(await entriesOf(gateway), GATEWAY_TASK, find);
    assert.equal(firstLie, undefined);
    assert.ok(tallies.publish.proved >= 2 * releases.length - 4, JSON.stringify(tallies.publish));
  });

  it("have another gateway within 15 seconds after theirs has died", async () => {
    const clusters = await two(4);
    await clusters.crowd.run(SETTLED_MS + 6000);
    const gateway = theGatewayOf(clusters, 0);
    const left = clusters.membersOf(0).filter((member) => member !== gateway);
    const countBefore = new Map<Member, number>();
    for (const member of left) countBefore.set(member, (await releasesOf(member)).length);
    gateway.kill(); // its connections stay open: nobody is told
    clusters.crowd.members.splice(clusters.crowd.members.indexOf(gateway), 1);
    await clusters.crowd.run(15_000);
    const next = theGatewayOf(clusters, 0);
    assert.notEqual(next, gateway);
    await clusters.crowd.run(5000);
    assert.ok((await releasesOf(next)).length > (countBefore.get(next) ?? 0), "it speaks");
    const merged = (await mergesOf(theGatewayOf(clusters, 1))).slice(-3).flatMap(({ parents }) => parents);
    assert.ok(
      merged.some(({ peer }) => peer === next.peerId),
      "and is heard",
    );
  });

  it("may have two that speak at once, where they do not hear each other: nobody is refused, and all learn", async () => {
    const clusters = createClusters(8);
    for (let i = 0; i < 12; i++) await clusters.join(i);
    const inside = clusters.membersOf(0);
    for (const a of inside.slice(0, 4))
      for (const b of inside.slice(4)) clusters.crowd.world.network.disconnect(a.peerId, b.peerId);
    await clusters.crowd.run(SETTLED_MS + 20_000);
    const speaking = new Set(clusters.gatewaysOf(0));
    assert.equal(speaking.size, 2);
    for (const member of clusters.crowd.members) {
      assert.equal(member.peer.status().counters.refused.ERR_LOG_PROOF ?? 0, 0);
      assert.ok((await accuracyOf(member)) > 0.85);
    }
    for (const a of inside.slice(0, 4))
      for (const b of inside.slice(4)) clusters.crowd.world.network.connect(a.peerId, b.peerId);
    await clusters.crowd.run(6000);
    theGatewayOf(clusters, 0); // one again
  });

  it("keep an honest gateway, also where a slow member's model is in many releases, and what it was made of is asked for", async () => {
    const clusters = createClusters(5);
    for (let i = 0; i < 5; i++) await clusters.join(i, i === 4 ? { trainMs: 6000 } : {});
    await clusters.crowd.run(SETTLED_MS);
    const gateway = theGatewayOf(clusters, 0);
    await clusters.crowd.run(50_000);
    assert.equal(theGatewayOf(clusters, 0), gateway);
    for (const { events } of clusters.crowd.members)
      assert.ok(!events.some((event) => event.kind === "refused" && event.message.includes("as a gateway")));
  });

  it("hear from a slow gateway as often as they publish, and an audit repeats merges across three places", async () => {
    const clusters = createClusters(4);
    const archives = new Map<string, ReturnType<typeof createMemoryArchive>>();
    for (let i = 0; i < 12; i++) {
      const archive = createMemoryArchive();
      const slow = i === 1 ? { trainMs: 8000, wish: "prefer" as const } : {};
      archives.set((await clusters.join(i, { archive, ...slow })).peerId, archive);
    }
    await clusters.crowd.run(SETTLED_MS + 25_000);
    const gateway = theGatewayOf(clusters, 0);
    assert.equal(gateway, clusters.crowd.members[1]);
    const releases = (await releasesOf(gateway)).length;
    const merges = (await mergesOf(gateway)).length;
    assert.ok(releases >= 3 * merges, `${releases} releases in ${merges} merges`);
    const member = clusters.membersOf(1).find((one) => one !== theGatewayOf(clusters, 1)) as Member;
    const outsiders = [gateway, theGatewayOf(clusters, 2)].map(({ peerId }) => peerId).sort();
    const merged = (await mergesOf(member)).at(-1);
    assert.deepEqual(
      merged?.outside?.map((i) => merged.parents[i]?.peer),
      outsiders,
    );
    const { outside } = member.peer.status().cluster ?? {};
    assert.equal(outside?.authors, 2);
    assert.ok((outside?.models ?? 0) >= 10);
    const find = (hash: Uint8Array) => archives.get(member.peerId)?.get(hash) ?? Promise.resolve(undefined);
    const { firstLie, tallies } = await audit(await entriesOf(member), GATEWAY_TASK, find);
    assert.equal(firstLie, undefined);
    assert.equal(tallies.aggregate.proved, (await mergesOf(member)).length);
  });

  it("elect who has a good line, and another when that turns metered", async () => {
    const clusters = createClusters(4);
    let third: LinkGrade = LINK_GRADES.fast;
    const links: (() => LinkGrade)[] = [() => LINK_GRADES.metered, () => LINK_GRADES.slow, () => third];
    for (let i = 0; i < 4; i++) await clusters.join(i, { link: links[i] ?? (() => LINK_GRADES.usual) });
    await clusters.crowd.run(SETTLED_MS);
    assert.equal(theGatewayOf(clusters, 0), clusters.crowd.members[2]);
    third = LINK_GRADES.metered;
    await clusters.crowd.run(6000);
    assert.equal(theGatewayOf(clusters, 0), clusters.crowd.members[3], "of those left the best");
  });

  it("find out a gateway that releases something else than their median, and elect it no more", async () => {
    const clusters = createClusters(5);
    const lying: Aggregator = {
      async aggregate(rule, parameters, input) {
        const output = await plainAggregator.aggregate(rule, parameters, input);
        return rule === "median" ? { ...output, params: output.params.map((value) => -3 * value) } : output;
      },
    };
    for (let i = 0; i < 10; i++) await clusters.join(i, i === 2 ? { wish: "prefer", aggregator: lying } : {});
    const liar = clusters.membersOf(0)[2] as Member;
    await clusters.crowd.run(SETTLED_MS);
    assert.equal(theGatewayOf(clusters, 0), liar);
    await clusters.crowd.run(30_000);
    const honest = clusters.membersOf(0).filter((member) => member !== liar);
    const found = honest.filter(({ events }) =>
      events.some((event) => event.kind === "refused" && event.message.includes("as a gateway")),
    );
    assert.ok(found.length >= 3, `${found.length} of 4 found it out`);
    for (const member of found) assert.notEqual(member.peer.status().cluster?.gateway, liar.peerId);
    const [first] = found as [Member];
    first.kill();
    clusters.crowd.members.splice(clusters.crowd.members.indexOf(first), 1);
    const number = [0, 1, 3, 4].find((one) => identityOf(one).peerId === first.peerId) as number;
    const again = await clusters.join(number, { store: first.store });
    await clusters.crowd.run(SETTLED_MS);
    assert.notEqual(again.peer.status().cluster?.gateway, liar.peerId, "a restart forgets no lie");
    for (const member of clusters.crowd.members) if (member !== liar) assert.ok((await accuracyOf(member)) > 0.85);
  });
});
