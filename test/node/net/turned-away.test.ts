/** Connections of which nothing came: counted by the reason, told at most once a minute, with where they are from. */
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import type { Multiaddr } from "@multiformats/multiaddr";
import { multiaddr } from "@multiformats/multiaddr";
import { prefixText } from "../../../node/net/address-prefix.ts";
import { createTurnedAway, turnedAwayText } from "../../../node/net/turned-away.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { eventually } from "../../conformance/transport.ts";
import { connect, dial, type RealNode, startNode } from "../../support/nodes.ts";

const at = (ip: string): Multiaddr => multiaddr(`/ip4/${ip}/tcp/1`);

/** A clock whose minute is over when the test says so. */
function watched() {
  const told: string[] = [];
  let due: (() => void) | undefined;
  const clock = {
    after(delayMs: number, callback: () => void) {
      assert.equal(delayMs, 60_000);
      assert.equal(due, undefined, "one timer at a time");
      due = callback;
      return () => {
        due = undefined;
      };
    },
  };
  const turnedAway = createTurnedAway({ clock, warn: (message) => told.push(message) });
  const minute = () => {
    const callback = due;
    due = undefined;
    callback?.();
  };
  return { turnedAway, told, minute, waits: () => due !== undefined };
}

describe("connections of which nothing came", () => {
  it("are told in one sentence a minute, with their number and where most are from, and not again when they have ended", () => {
    const { turnedAway, told, minute, waits } = watched();
    for (let i = 0; i < 40; i++) turnedAway.count(i % 4 === 0 ? "unproved" : "refused", at(`203.0.113.${i}`));
    for (let i = 0; i < 3; i++) turnedAway.count("ungreeted", at(`198.51.${i}.9`));
    assert.deepEqual(told, []);
    minute();
    assert.equal(told.length, 1);
    assert.match(
      told[0] ?? "",
      /43 connections: 30 refused, 10 ended before their key was proved, 3 did not greet; 40 are from 203\.0\.113\.0\/24, the others from 3 more address ranges\./,
    );
    assert.match(told[0] ?? "", /peers of another version \(hearsay peers names them\), or those that dialled while/);
    assert.equal(waits(), false);
    turnedAway.count("refused", at("203.0.113.1"));
    minute();
    assert.equal(told.length, 1, "the minute before is told already");
    assert.deepEqual(turnedAway.counts(), { refused: 31, unproved: 10, ungreeted: 3 });
  });

  it("that are few are counted, and not told", () => {
    const { turnedAway, told, minute } = watched();
    for (let i = 0; i < 19; i++) turnedAway.count("unproved", at("203.0.113.7"));
    minute();
    assert.deepEqual([told, turnedAway.counts().unproved], [[], 19]);
  });

  it("take a bounded memory, from however many addresses they come", () => {
    const { turnedAway, told, minute } = watched();
    const many = LIMITS.maxBudgets + 1000;
    for (let i = 0; i < many; i++) turnedAway.count("refused", at(`10.${i >> 8}.${i & 255}.1`));
    for (let i = 0; i < 5; i++) turnedAway.count("refused", at("10.200.0.1"));
    minute();
    assert.match(
      told[0] ?? "",
      new RegExp(`^[^;]*: ${many + 5} refused.* from ${LIMITS.maxBudgets - 1} more address ranges`),
    );
  });

  it("are told no more once the node has stopped", () => {
    const { turnedAway, waits } = watched();
    turnedAway.count("refused", at("203.0.113.7"));
    turnedAway.stop();
    turnedAway.count("refused", at("203.0.113.7"));
    assert.equal(waits(), false);
  });

  it("are no line where there are none", () => {
    assert.equal(turnedAwayText({ refused: 0, unproved: 0, ungreeted: 0 }), undefined);
    assert.deepEqual(["192.0.2", "2001:db8:0:1", "", "a.example"].map(prefixText), [
      "192.0.2.0/24",
      "2001:db8:0:1::/64",
      "no address",
      "a.example",
    ]);
  });
});

describe("a real node", { concurrency: true }, () => {
  /** A node to which everybody is a newcomer. */
  async function withStranger(body: (node: RealNode, port: number) => Promise<void>): Promise<void> {
    const node = await startNode({ isKnown: () => false });
    try {
      await body(node, Number(node.node.getMultiaddrs()[0]?.getComponents()[1]?.value));
    } finally {
      await node.node.stop();
    }
  }

  async function raw(port: number, bytes: string | undefined): Promise<void> {
    const socket = createConnection(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {}); // it is ended from the other side, at times before it is told that it is connected
    socket.once("connect", () => {
      if (bytes !== undefined) socket.write(bytes);
      setTimeout(() => socket.destroy(), 100);
    });
    await closed;
  }

  it("counts those that speak garbage, send half a handshake or close at once", () =>
    withStranger(async ({ node }, port) => {
      const said = ["GET / HTTP/1.1\r\n\r\n", "\x13/multistream/1.0.0\n\x07/noise\n", undefined];
      await Promise.all(said.map((bytes) => raw(port, bytes)));
      await eventually(() => node.turnedAway.counts().unproved === said.length, 3000);
      assert.deepEqual(node.turnedAway.counts(), { refused: 0, unproved: 3, ungreeted: 0 });
    }));

  it("counts those that it refuses because too many come", () =>
    withStranger(async ({ node }, port) => {
      const many = 2 * LIMITS.prefixConnections.burst;
      await Promise.all(Array.from({ length: many }, () => raw(port, undefined)));
      const { counts } = node.turnedAway;
      await eventually(() => counts().refused + counts().unproved === many, 10_000);
      assert.ok(node.turnedAway.counts().refused >= 1, JSON.stringify(node.turnedAway.counts()));
    }));

  it("counts a newcomer that leaves without a greeting, and none that has greeted", () =>
    withStranger(async (host) => {
      const guests = await Promise.all([startNode(), startNode()]);
      const [rude, polite] = guests as [RealNode, RealNode];
      await connect(host, polite); // whom the host dialled, that is no guest at its door
      await polite.node.stop();
      await dial(rude, host);
      await rude.node.stop();
      await eventually(() => host.node.turnedAway.counts().ungreeted === 1, 3000);
      const third = await startNode();
      await connect(third, host);
      host.node.admission.keep(third.id);
      await third.node.stop();
      await eventually(() => host.node.getPeers().length === 0, 3000);
      assert.deepEqual(host.node.turnedAway.counts(), { refused: 0, unproved: 0, ungreeted: 1 });
    }));
});
