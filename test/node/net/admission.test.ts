/** Who may be connected, on connections that are only said to be there. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Connection, MultiaddrConnection } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { type Admission, createAdmission } from "../../../node/net/admission.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { identityOf } from "../../support/crowd.ts";

interface World {
  readonly admission: Admission;
  readonly open: Connection[];
  connect(peer: string, ip: string, direction?: "inbound" | "outbound"): void;
  count(prefix: string): number;
}

/** @param known peers that are no newcomers. */
function world(known: ReadonlySet<string> = new Set()): World {
  const admission = createAdmission((peer) => known.has(peer));
  const open: Connection[] = [];
  let opened: (event: CustomEvent<Connection>) => void = () => {};
  admission.watch({
    getConnections: () => [...open],
    addEventListener(type: string, listener: never) {
      if (type === "connection:open") opened = listener;
    },
  });
  return {
    admission,
    open,
    connect(peer, ip, direction = "inbound") {
      const connection = {
        remotePeer: { toString: () => peer },
        remoteAddr: multiaddr(`/ip4/${ip}/tcp/1`),
        direction,
        timeline: { open: open.length },
        close: async () => void open.splice(open.indexOf(connection), 1),
      } as unknown as Connection;
      open.push(connection);
      opened(new CustomEvent("connection:open", { detail: connection }));
    },
    count: (prefix) => open.filter(({ remoteAddr }) => String(remoteAddr).includes(`/${prefix}.`)).length,
  };
}

describe("places for connections", () => {
  it("from one address prefix are few for newcomers, and known peers find one all the same", () => {
    const { connect, count } = world(new Set(["known"]));
    for (let i = 0; i < 100; i++) connect(`sybil ${i}`, `8.8.8.${i}`);
    assert.equal(count("8.8.8"), LIMITS.maxNewcomersOfPrefix);
    connect("known", "8.8.8.200");
    assert.equal(count("8.8.8"), LIMITS.maxNewcomersOfPrefix + 1);
  });

  it("are more for a local network, so that a test network on one machine works", () => {
    const { connect, count } = world();
    for (let i = 0; i < 200; i++) connect(`peer ${i}`, "127.0.0.1");
    assert.equal(count("127.0.0"), LIMITS.maxNewcomersOfLocalPrefix);
  });

  it("all taken by strangers from few prefixes: a newcomer from another one finds a place, and so does every known peer", () => {
    const known = new Set(Array.from({ length: 90 }, (_, i) => `known ${i}`));
    const { connect, count, open } = world(known);
    for (let i = 0; i < 1000; i++) connect(`sybil ${i}`, `8.8.${i % 8}.${i % 250}`);
    assert.equal(open.length, LIMITS.maxNewcomers);
    connect("honest newcomer", "9.9.9.9");
    assert.equal(count("9.9.9"), 1);
    for (const peer of known) connect(peer, "8.8.8.8", "outbound");
    assert.equal(open.filter(({ remotePeer }) => known.has(remotePeer.toString())).length, known.size);
    assert.ok(open.length <= LIMITS.maxConnections);
    assert.equal(count("9.9.9"), 1, "the prefix that has the most makes room");
  });

  it("of one peer are four: the oldest goes, since it may be dead", () => {
    const { connect, open } = world(new Set(["known"]));
    for (let i = 0; i < 10; i++) connect("known", "8.8.8.8");
    assert.equal(open.length, LIMITS.maxConnectionsOfPeer);
    assert.ok(
      open.every(({ timeline }) => timeline.open > 0),
      "the first is gone",
    );
  });

  it("for handshakes that take their time are few for each prefix", () => {
    const { gater } = world().admission;
    const from = (ip: string) =>
      ({ remoteAddr: multiaddr(`/ip4/${ip}/tcp/1`), addEventListener() {} }) as unknown as MultiaddrConnection;
    const denied = Array.from({ length: 50 }, (_, i) => gater.denyInboundConnection?.(from(`8.8.8.${i}`)));
    assert.equal(denied.filter((is) => !is).length, LIMITS.maxUnprovedOfPrefix);
    assert.equal(gater.denyInboundConnection?.(from("9.9.9.9")), false);
  });
});

describe("peers that are refused", () => {
  const peer = (n: number) => identityOf(n).peerId;

  it("for good stay so, however many of other tasks come", () => {
    const { admission } = world();
    const denies = (id: string) => admission.gater.denyDialPeer?.(peerIdFromString(id));
    admission.block(peer(1));
    for (let i = 0; i < 20_000; i++) admission.shun(`other task ${i}`);
    admission.shun(peer(2));
    assert.deepEqual([denies(peer(1)), denies(peer(2)), denies(peer(3))], [true, true, false]);
  });
});
