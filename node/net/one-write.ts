/**
 * What a connection sends in one turn of the event loop leaves in one write: one call of the system, and as few packets as can be.
 *
 * `@libp2p/tcp` writes each piece of a message by itself: the length, the ciphertext and the tag of Noise are three writes, and three packets of TCP
 * where the socket is idle. The socket of Node gathers them while it is corked.
 */
import type { ConnectionInside } from "./connection-internals.ts";

export function writeTogether(connection: ConnectionInside): void {
  const { socket } = connection;
  const send = connection.sendData.bind(connection);
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    socket.uncork();
  };
  connection.sendData = (data) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(uncork); // before anything else can happen
    }
    return send(data);
  };
}
