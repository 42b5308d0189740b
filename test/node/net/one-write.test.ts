/** A message leaves in one write, seen at the socket. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { it } from "node:test";
import { withNodes } from "../../support/nodes.ts";

const PROTOCOL = "/test/1";
const MESSAGES = 5;

/** Counts the writes that leave a socket: one piece by `_write`, several together by `_writev`. */
function countWrites(socket: Socket): () => number {
  let writes = 0;
  for (const name of ["_write", "_writev"] as const) {
    const inner = socket[name]?.bind(socket) as (...args: unknown[]) => void;
    Object.assign(socket, {
      [name](...args: unknown[]) {
        writes++;
        inner(...args);
      },
    });
  }
  return () => writes;
}

it("a message of a stream is one write, not one for each piece of its frame", { timeout: 60_000 }, async () => {
  const sockets: Socket[] = [];
  const accepted = (message: unknown) => void sockets.push((message as { readonly socket: Socket }).socket);
  subscribe("net.server.socket", accepted);
  try {
    await withNodes([{}, {}], async (client, server) => {
      let received = 0;
      await client.node.handle(PROTOCOL, (stream) => {
        stream.addEventListener("message", ({ data }) => {
          received += data.byteLength;
        });
      });
      const connection = server.node.getConnections()[0];
      const [socket] = sockets;
      assert.ok(connection && socket);
      const stream = await connection.newStream(PROTOCOL);
      const writes = countWrites(socket);
      const each: number[] = [];
      for (let i = 1; i <= MESSAGES; i++) {
        const before = writes();
        stream.send(new Uint8Array(1000));
        while (received < 1000 * i) await new Promise((resolve) => setImmediate(resolve));
        each.push(writes() - before); // what gossip sends meanwhile is in it
      }
      assert.equal(Math.min(...each), 1, `writes of each message: ${each.join(", ")}`);
    });
  } finally {
    unsubscribe("net.server.socket", accepted);
  }
});
