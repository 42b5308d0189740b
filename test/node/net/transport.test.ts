import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type HearsayNode, startLibp2p } from "../../../node/net/libp2p.ts";
import { createTransport } from "../../../node/net/transport.ts";
import type { Transport } from "../../../protocol/base/seams.ts";
import { eventually, transportConformance } from "../../conformance/transport.ts";

interface RealNode {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly id: string;
}

async function startNode(): Promise<RealNode> {
  const privateKey = await generateKeyPair("Ed25519");
  const { node, traffic } = await startLibp2p({
    privateKey,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    mdns: false,
    serviceTag: "_hearsay-test._udp.local",
  });
  const transport = createTransport(node, traffic);
  return { node, transport, id: node.peerId.toString() };
}

const connected = (a: RealNode, b: RealNode) =>
  a.transport.peers().includes(b.id) && b.transport.peers().includes(a.id);

async function connect(a: RealNode, b: RealNode): Promise<void> {
  await a.node.dial(b.node.getMultiaddrs() as Multiaddr[], { signal: AbortSignal.timeout(5000) });
  await eventually(() => connected(a, b), 2000);
}

async function disconnect(a: RealNode, b: RealNode): Promise<void> {
  await a.node.hangUp(peerIdFromString(b.id));
  await eventually(() => !a.transport.peers().includes(b.id) && !b.transport.peers().includes(a.id));
}

transportConformance("libp2p", async (n) => {
  const nodes = await Promise.all(Array.from({ length: n }, startNode));
  const at = (i: number) => nodes[i] as RealNode;
  return {
    ids: nodes.map(({ id }) => id),
    transports: nodes.map(({ transport }) => transport),
    connect: (i, j) => connect(at(i), at(j)),
    disconnect: (i, j) => disconnect(at(i), at(j)),
    addressOf: (i) => (at(i).node.getMultiaddrs()[0] as Multiaddr).decapsulate("/p2p").toString(),
    remove: async (i) => at(i).node.stop(),
    async ready(topic) {
      const meshOf = ({ node }: RealNode) =>
        node.services.pubsub as unknown as { getMeshPeers(topic: string): string[] };
      const grafted = (a: RealNode, b: RealNode) => meshOf(a).getMeshPeers(topic).includes(b.id);
      await eventually(() => nodes.every((a) => nodes.every((b) => a === b || !connected(a, b) || grafted(a, b))));
    },
    async close() {
      await Promise.all(nodes.map(({ node }) => node.stop()));
    },
  };
});

describe("libp2p transport and peers that keep to no protocol", () => {
  /** Two connected nodes, closed after the test. */
  async function withPair(body: (a: RealNode, b: RealNode) => Promise<void>): Promise<void> {
    const nodes = (await Promise.all([startNode(), startNode()])) as [RealNode, RealNode];
    try {
      await connect(...nodes);
      await body(...nodes);
    } finally {
      await Promise.all(nodes.map(({ node }) => node.stop()));
    }
  }

  const coded = (code: string) => Uint8Array.of(code.length + 1, 1, ...Buffer.from(code));
  const answers: readonly [claim: string, raw: Uint8Array | undefined, code: string][] = [
    [
      "a frame that says it is longer than a frame may be",
      Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x01),
      "ERR_TOO_LARGE",
    ],
    ["a length that never ends", new Uint8Array(64).fill(0xff), "ERR_TOO_LARGE"],
    ["a frame that is cut short", Uint8Array.of(5, 0, 1), "ERR_UNREACHABLE"],
    ["an empty frame", Uint8Array.of(0), "ERR_DECODE"],
    ["an unknown code", Uint8Array.of(4, 1, 0x45, 0x52, 0x52), "ERR_DECODE"],
    ["a code that tells of the answerer's own machine", coded("ERR_STATE"), "ERR_DECODE"],
    ["a code with more behind it", coded("ERR_RATE "), "ERR_DECODE"],
    ["a code", coded("ERR_RATE"), "ERR_RATE"],
    ["nothing", new Uint8Array(0), "ERR_UNREACHABLE"],
    ["a reset", undefined, "ERR_UNREACHABLE"],
  ];
  it("turns each malformed answer into a coded error", () =>
    withPair(async (a, b) => {
      for (const [i, [claim, raw, code]] of answers.entries()) {
        await b.node.handle(`/raw/${i}`, async (stream) => {
          if (raw === undefined) return stream.abort(new Error("no"));
          if (raw.length > 0) stream.send(raw);
          await stream.close().catch(() => {});
        });
        await assert.rejects(a.transport.request(b.id, `/raw/${i}`, new Uint8Array(10)), { code }, claim);
      }
    }));

  it("survives each malformed request, and answers the next one", () =>
    withPair(async (a, b) => {
      let served = 0;
      b.transport.onRequest("/served", (_from, body) => {
        served++;
        return body;
      });
      for (const [, raw] of answers) {
        const connection = a.node.getConnections()[0];
        const stream = await connection?.newStream("/served");
        if (raw === undefined) stream?.abort(new Error("no"));
        else if (raw.length > 0) stream?.send(raw);
        await stream?.close().catch(() => {});
      }
      const before = served;
      assert.deepEqual(await a.transport.request(b.id, "/served", Uint8Array.of(7)), Uint8Array.of(7));
      assert.equal(served, before + 1);
      assert.ok(before <= 6, "an empty frame and short ones are requests; the others are none");
    }));

  it("announces again what is known already, as after a restart: that does not fail", () =>
    withPair(async ({ transport }) => {
      for (let times = 0; times < 2; times++) await transport.announce("/same/1", Uint8Array.of(1, 2, 3));
    }));

  it("finds out that a peer speaks another version of a protocol, by the names that it tells", () =>
    withPair(async (a, b) => {
      await b.node.handle("/hearsay/hello/3.0.0", () => {});
      const c = await startNode(); // what a peer serves it tells when it connects
      try {
        await connect(b, c);
        await assert.rejects(c.transport.request(b.id, "/hearsay/hello/2.0.0", Uint8Array.of(1)), {
          code: "ERR_VERSION",
          message: "speaks hearsay/3, this is hearsay/2: update this peer",
        });
        await assert.rejects(a.transport.request(b.id, "/other/1.0.0", Uint8Array.of(1)), { code: "ERR_UNREACHABLE" });
      } finally {
        await c.node.stop();
      }
    }));
});
