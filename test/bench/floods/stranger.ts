/**
 * A libp2p node that connects to peers, greets as one of their task and says what it likes: the least that costs this machine little, so that a
 * measurement shows what a flood costs those whom it meets.
 */
import { randomBytes } from "node:crypto";
import { noise } from "@chainsafe/libp2p-noise";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Connection, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import * as lp from "it-length-prefixed";
import { createLibp2p, type Libp2p } from "libp2p";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { readFrame, writeFrame } from "../../../node/net/frames.ts";
import { concatBytes } from "../../../protocol/base/bytes.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { logIdOf } from "../../../protocol/log/entry/entry.ts";
import { checkpointSignature } from "../../../protocol/log/tree/checkpoint.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { encodeHelloAnswer, HELLO_PROTOCOL, taskNames } from "../../../protocol/wire/messages.ts";
import { codecOf } from "../../support/hostile.ts";
import { rpcOf } from "../../support/nodes.ts";

const GOSSIP_PROTOCOLS = ["/meshsub/1.2.0", "/meshsub/1.1.0"];
const WITHIN_MS = 10_000;

export interface Gossip {
  /** Sends a message, unless the other end takes none at the moment; whether it was sent. */
  send(message: Uint8Array): boolean;
}

export interface Stranger {
  /** Its key, as an author. */
  readonly identity: Identity;
  readonly node: Libp2p;
  /** Connects; greetings of the other end are answered. */
  dial(address: string): Promise<Connection>;
  gossip(connection: Connection): Promise<Gossip>;
  stop(): Promise<void>;
}

/** The words of keys that have no model. */
export interface Forger {
  readonly topic: string;
  /** Signed, and never the same twice. */
  announcementOf(identity: Identity, seq: number): Uint8Array;
}

export function newIdentity(): Identity {
  return identityFromSeed(randomBytes(32));
}

export function createForger(task: Task): Forger {
  const taskId = nodeCrypto.sha256(encodeTask(task));
  const { maxBytes } = codecOf(task, nodeCrypto);
  return {
    topic: taskNames(taskId).announce,
    announcementOf(identity, seq) {
      const root = randomBytes(32);
      const logId = logIdOf(identity.publicKey, taskId, nodeCrypto);
      const note = checkpointSignature({ logId, size: seq + 1, root }, identity);
      const place = { generation: 0, seq, entry: randomBytes(32), root, note };
      return encodeAnnouncement(
        { task: taskId, ...place, model: randomBytes(32), bytes: maxBytes, age: 100, tsMs: 0 },
        identity,
      );
    },
  };
}

/** @param source its own address, on loopback. */
export async function createStranger(task: Task, source: string): Promise<Stranger> {
  const seed = randomBytes(32);
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed("Ed25519", seed),
    addresses: { listen: [] },
    transports: [tcp({ dialOpts: { localAddress: source } as object })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { reconnectRetries: 0 },
    services: { identify: identify() },
  });
  const { topic } = createForger(task);
  const hello = encodeHelloAnswer({ task: nodeCrypto.sha256(encodeTask(task)), agent: "stranger/1" });
  await node.handle(HELLO_PROTOCOL, (stream) => void answer(stream, hello).catch(() => {}));
  await node.handle(GOSSIP_PROTOCOLS, (stream) => stream.addEventListener("message", () => {})); // it does not listen
  return {
    identity: identityFromSeed(seed),
    node,
    dial: (address) => node.dial(multiaddr(address), { signal: AbortSignal.timeout(WITHIN_MS) }),
    async gossip(connection) {
      const stream = await connection.newStream(GOSSIP_PROTOCOLS, { signal: AbortSignal.timeout(WITHIN_MS) });
      stream.addEventListener("message", () => {});
      return gossipOver(stream, topic);
    },
    stop: async () => node.stop(),
  };
}

async function answer(stream: Stream, hello: Uint8Array): Promise<void> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  await readFrame(stream, { maxBytes: 65_536 }, signal);
  await writeFrame(stream, concatBytes(Uint8Array.of(0), hello), signal);
  await stream.close({ signal });
}

function gossipOver(stream: Stream, topic: string): Gossip {
  let isFull = false;
  stream.addEventListener("drain", () => {
    isFull = false;
  });
  return {
    send(message) {
      if (isFull || stream.status !== "open") return false;
      isFull = !stream.send(lp.encode.single(rpcOf(topic, [message])));
      return true;
    },
  };
}
