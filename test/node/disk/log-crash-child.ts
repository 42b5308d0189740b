/**
 * A peer that learns alone, as fast as it can, until it is killed, in the database that a line on standard input names: so it can be loaded before it is
 * needed. It prints `generation seq id` of the head of its log, as it is on disk, at its start and after each publication. Its trainer adds
 * a little to the model.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { wallClock } from "../../../node/clock.ts";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { openStore } from "../../../node/disk/store.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import type { Aggregator, Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Transport } from "../../../protocol/base/seams.ts";
import { createPeer, type Peer } from "../../../protocol/peer/peer.ts";
import { blobTask } from "../../support/blobs.ts";

const none = async () => {
  throw new Error("not asked for here");
};
const trainer: Trainer = {
  engine: "none",
  numExamples: 1,
  fit: async ({ params }) => ({ params: params.map((value) => value + 1e-6), loss: 1 }),
  evaluate: none,
  predict: none,
  close: async () => {},
};
const aggregator: Aggregator = { aggregate: none };
const transport: Transport = {
  announce: async () => {},
  onAnnounce: () => {},
  request: none,
  onRequest: () => {},
  withdraw: () => {},
  dial: none,
  connections: () => [],
  peers: () => [],
  prefixOf: () => "",
  onConnect: () => {},
  onDisconnect: () => {},
  onMet: () => {},
  keep: () => {},
  shun: () => {},
  block: () => {},
  traffic: () => ({ bytesIn: 0, bytesOut: 0 }),
};

function acknowledge({ log }: Peer): void {
  const { seq, id } = log.head();
  writeSync(1, `${log.generation} ${seq} ${toHex(id)}\n`);
}

writeSync(1, "loaded\n");
const [line] = (await once(process.stdin, "data")) as [Buffer];
const directory = line.toString().trim();
const peer: Peer = await createPeer(
  { task: blobTask(), minCycleMs: 0 },
  {
    clock: wallClock,
    crypto: nodeCrypto,
    identity: identityFromSeed(new Uint8Array(32).fill(1)),
    transport,
    store: await openStore(directory),
    trainer,
    aggregator,
    rng: createRng("crash"),
    observe({ kind }) {
      if (kind === "published") acknowledge(peer);
    },
  },
);
acknowledge(peer);
await peer.run();
