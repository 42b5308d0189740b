/** Membership with real libp2p nodes on loopback, and strangers among them. */
import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { describe, it } from "node:test";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { multiaddr } from "@multiformats/multiaddr";
import { kindOfConnection } from "../../../node/net/address-scope.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { encodePeersAnswer, encodePeersRequest, type PeerAddresses } from "../../../protocol/wire/messages.ts";
import { type Member, type Nodes, PEERS, withMembers } from "../../support/members.ts";
import { sleep, until } from "../../support/process.ts";

const connectedTo = ({ transport }: Member, peer: PeerId) => transport.peers().includes(peer) || undefined;

// Most of their time is that of waiting, so they wait together.
describe("a node among others", { concurrency: true }, () => {
  describe("membership and strangers that connect", () => {
    it("43 idle ones do not keep it from dialling its bootstrap peer", () =>
      withMembers(async ({ stranger, member }) => {
        const victim = await member({ maxOutbound: 8 });
        const strangers = await Promise.all(Array.from({ length: 43 }, stranger));
        for (const { node } of strangers) await node.dial(multiaddr(victim.address));
        await until("all are connected", () => victim.transport.peers().length === 43 || undefined, 5_000);
        const bootstrap = await stranger();
        victim.book.configure(bootstrap.id, bootstrap.address.replace(/\/p2p.*/, ""));
        await until("the bootstrap peer is dialled", () => connectedTo(victim, bootstrap.id), 15_000);
      }));

    it("a peer for which another one speaks points to that one, and is dialled ever more rarely", () =>
      withMembers(async ({ member }) => {
        const gateway = await member();
        const speakerFor = (peer: PeerId) => (peer === gateway.id ? undefined : gateway.id);
        const silent = await member({ bootstrap: [gateway.address], speakerFor });
        await until("the place is connected", () => connectedTo(silent, gateway.id), 15_000);
        const caller = await member({ bootstrap: [silent.address], mayBeSpokenFor: () => true });
        let opened = 0;
        caller.node.addEventListener("connection:open", ({ detail }) => {
          if (detail.remotePeer.toString() === silent.id) opened++;
        });
        await until("the gateway is found", () => connectedTo(caller, gateway.id), 20_000);
        await until("the other one has left", () => connectedTo(caller, silent.id) === undefined || undefined, 10_000);
        const before = opened;
        await sleep(8_000); // each connection lasts 3 s, and the waits between them are 0.5, 5, 10 s, each times a factor in [0.5, 1.5)
        assert.ok(opened - before <= 2, `${opened - before} connections more`);
        assert.ok(connectedTo(caller, gateway.id));
      }));

    it("are disconnected after ten seconds where they do not greet; those that did, and known ones, stay", () =>
      withMembers(async ({ stranger, member }) => {
        const [idle, polite, known] = await Promise.all([stranger(), stranger(), stranger()]);
        const victim = await member({ isStrict: true, known: new Set([known.id]) });
        for (const { node } of [idle, polite, known]) await node.dial(multiaddr(victim.address));
        await until("they are connected", () => victim.transport.peers().length === 3 || undefined, 5_000);
        victim.transport.keep(polite.id);
        await until("one has gone", () => victim.transport.peers().length === 2 || undefined, 2 * LIMITS.greetWithinMs);
        assert.deepEqual(victim.transport.peers(), [polite.id, known.id].sort());
      }));

    it("are found where they listen by a dial of its own, and only then told of: a star becomes a mesh", () =>
      withMembers(async ({ member }) => {
        const hub = await member();
        const others = await Promise.all(Array.from({ length: 3 }, () => member({ bootstrap: [hub.address] })));
        const [first] = others as [Member, ...Member[]];
        await until(
          "all know all",
          () => others.every(({ transport }) => transport.peers().length === 3) || undefined,
          20_000,
        );
        assert.ok(hub.book.reachable(10).some(({ peer }) => peer === first.id));
        const dialled = hub.node.getConnections().filter(({ direction }) => direction === "outbound");
        assert.deepEqual(dialled, [], "the hub's dials only asked whether they are there");
      }));

    it("become a mesh as well where the hub was named, and its name leads to a place that is not public", () =>
      withMembers(async ({ member }) => {
        const hub = await member();
        const named = hub.address.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
        const others = await Promise.all(Array.from({ length: 3 }, () => member({ bootstrap: [named] })));
        await until(
          "all know all",
          () => others.every(({ transport }) => transport.peers().length === 3) || undefined,
          20_000,
        );
        const toHub = others.flatMap(({ transport }) => transport.connections().filter(({ peer }) => peer === hub.id));
        const byName = toHub.filter(({ address }) => address.startsWith("/dns4/localhost/"));
        assert.ok(byName.length > 0, "some dialled the name first");
        assert.deepEqual([...new Set(byName.map(kindOfConnection))], ["loopback"]);
      }));
  });

  describe("membership and what strangers tell", () => {
    /** Somebody who tells of these peers, and a member that asks it. */
    async function told(
      { stranger, member }: Nodes,
      peers: readonly PeerAddresses[],
    ): Promise<Member & { asked: () => number }> {
      const liar = await stranger();
      let asked = 0;
      liar.transport.onRequest(PEERS, () => {
        asked++;
        return encodePeersAnswer(peers);
      });
      const victim = await member({ bootstrap: [liar.address] });
      await until("it asks", () => asked > 0 || undefined, 15_000);
      return { ...victim, asked: () => asked };
    }

    const invented = async (count: number) =>
      Promise.all(Array.from({ length: count }, async () => await generatePeerId()));

    it("knocks three times at a service that is said to be a peer, under twenty names", () =>
      withMembers(async (nodes) => {
        let knocks = 0;
        const port = await nodes.serve((socket) => {
          knocks++;
          socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
        });
        const peers = await invented(20);
        await told(
          nodes,
          peers.map((peer) => ({ peer, addresses: [`/ip4/127.0.0.1/tcp/${port}`] })),
        );
        await until("it knocks", () => knocks > 0 || undefined, 10_000);
        await sleep(4_000);
        assert.ok(knocks <= LIMITS.maxDialTries, `${knocks} connections`);
      }));

    it("dials no private, link-local, multicast or unspecified address, no socket file, no name of names", () =>
      withMembers(async (nodes) => {
        const addresses = [
          "/ip4/10.0.0.1/tcp/80",
          "/ip4/169.254.169.254/tcp/80",
          "/ip4/192.168.1.1/tcp/80",
          "/ip4/0.0.0.0/tcp/1",
        ];
        const others = [
          "/dnsaddr/example.org",
          "/unix/%2Ftmp%2Fsocket",
          "/ip4/224.0.0.1/tcp/1",
          "/dns4/localhost/tcp/1",
        ];
        const [one, two] = await invented(2);
        const victim = await told(nodes, [
          { peer: one as PeerId, addresses },
          { peer: two as PeerId, addresses: others },
        ]);
        await sleep(500);
        assert.deepEqual(victim.book.addressesOf(one as PeerId), []);
        assert.deepEqual(victim.book.addressesOf(two as PeerId), []);
        for (const text of others.slice(0, 2)) await assert.rejects(victim.node.dial(multiaddr(text)), text);
      }));

    it("answers who can pay only", () =>
      withMembers(async ({ stranger, member }) => {
        const victim = await member({ budget: { pay: () => false } });
        const asker = await stranger();
        await asker.node.dial(multiaddr(victim.address));
        const asked = asker.transport.request(victim.id, PEERS, encodePeersRequest(32));
        await assert.rejects(asked, { code: "ERR_RATE" });
      }));
  });

  describe("membership and the local network", () => {
    it("dials who was found by multicast, and nobody who says that it is on this machine from elsewhere", () =>
      withMembers(async ({ stranger, member }) => {
        const [other, far] = [await stranger(), await stranger()];
        const { membership, ...victim } = await member();
        membership.found(far.id, [far.address], "192.168.7.7");
        assert.deepEqual(victim.book.addressesOf(far.id), []);
        membership.found(other.id, [other.address], "127.0.0.1");
        await until("a connection", () => connectedTo({ ...victim, membership }, other.id), 10_000);
      }));
  });

  describe("a connection whose other end is gone without a word", () => {
    it("is closed within ten seconds, and its peer dialled anew", { timeout: 60_000 }, () =>
      withMembers(async ({ stranger, member, serve }) => {
        const other = await stranger();
        const port = Number(/tcp\/(\d+)/.exec(other.address)?.[1]);
        let cut = false;
        const proxy = await serve((near) => {
          const far = connectTcp(port, "127.0.0.1");
          near.on("data", (data) => cut || far.write(data));
          far.on("data", (data) => cut || near.write(data));
          for (const socket of [near, far]) socket.on("error", () => {});
        });
        const victim = await member({ bootstrap: [`/ip4/127.0.0.1/tcp/${proxy}/p2p/${other.id}`] });
        await until("a connection", () => connectedTo(victim, other.id), 10_000);
        await sleep(LIMITS.maxSilenceMs + 1_500);
        assert.ok(connectedTo(victim, other.id), "one where nothing is said is not dead");
        const [before] = victim.node.getConnections();
        cut = true;
        const cutMs = performance.now();
        await until("it is closed", () => before?.status !== "open" || undefined, 15_000);
        const tookMs = performance.now() - cutMs;
        assert.ok(tookMs < 13_000, `closed after ${tookMs} ms`);
        cut = false;
        await until("another", () => victim.node.getConnections().some((now) => now !== before) || undefined, 15_000);
      }),
    );
  });
});

async function generatePeerId(): Promise<PeerId> {
  const { publicKey } = await generateKeyPair("Ed25519");
  return publicKey.toString();
}
