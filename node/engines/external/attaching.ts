/** Trainers that run already, e.g. under torchrun, and attach to a Unix socket that only the owner of the peer can open. One at a time. */
import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { fault } from "./body.ts";
import { createChannel } from "./channel.ts";
import { encodeFrame } from "./frames.ts";
import type { Attached, TrainerHost } from "./host.ts";

/** Of a name of a socket, by the system: 108 bytes with the 0 at its end, 104 in others than Linux. */
const MOST_PATH_BYTES = 103;

/** Listens at the path, mode 0600. @throws HearsayError ERR_CONFIG for a path that is too long for a socket. */
export async function attachedTrainer(path: string): Promise<TrainerHost> {
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) {
    const message = `trainer.socket: ${path} is too long for a socket, of which the name has at most ${MOST_PATH_BYTES} bytes; use a shorter --state`;
    throw new HearsayError("ERR_CONFIG", message, { path });
  }
  await rm(path, { force: true }); // of a peer that was killed
  let current: Attached | undefined;
  let waiting: ((attached: Attached) => void) | undefined;
  const server = createServer((socket) => {
    if (current !== undefined) return refuse(socket);
    const attached = attach(socket);
    current = attached;
    void attached.channel.lost.then(() => {
      socket.destroy();
      if (current === attached) current = undefined;
    });
    waiting?.(attached);
    waiting = undefined;
  });
  server.listen(path);
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  await chmod(path, 0o600); // the directory has mode 0700 already
  return {
    what: path,
    async open(isFirst) {
      if (current !== undefined) return current;
      if (!isFirst) throw fault(`is not attached to ${path}`);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    async close() {
      server.close();
      await current?.end();
      await rm(path, { force: true });
    },
  };
}

function attach(socket: Socket): Attached {
  const channel = createChannel(socket);
  socket.on("data", channel.take);
  socket.on("close", () => channel.fail(fault("has left the socket")));
  return {
    channel,
    async end() {
      channel.finish();
      socket.destroySoon();
    },
  };
}

function refuse(socket: Socket): void {
  socket.on("error", () => {}); // it does not wait for the answer
  const header = { id: -1, error: "another trainer is attached already; of several processes, one speaks for all" };
  for (const part of encodeFrame(header, [])) socket.write(part);
  socket.end();
}
