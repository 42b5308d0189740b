/**
 * A model pull: `pullBlob` over the real transport, in MB/s (10^6 bytes), between two processes on loopback. What it adds to the network
 * is its requests, a hash, and the memory that the body is put into.
 *
 * Compared with one plain libp2p stream between the same two nodes (TCP, Noise, yamux) that carries the same bytes: opened, filled in
 * pieces of 64 KiB by a writer that honours `drain`, and read to its end. `plain` throws its bytes away; `kept` puts them into one new array, as
 * whoever needs them has to. They take turns in blocks, and the first of each block is left out: it pays for the garbage of the block before. The ratios are
 * medians of the ratios of neighbours. `cpuMsPerMB` is CPU time of the puller alone, all its threads.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { multiaddr } from "@multiformats/multiaddr";
import { wallClock } from "../../node/clock.ts";
import { nodeCrypto } from "../../node/crypto.ts";
import { type HearsayNode, startLibp2p } from "../../node/net/libp2p.ts";
import { createTransport } from "../../node/net/transport.ts";
import type { Transport } from "../../protocol/base/seams.ts";
import { pullBlob } from "../../protocol/peer/inbound/pull-blob.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { BLOB_PROTOCOL, bodyOf, PLAIN_PROTOCOL, type ServerMessage, SIZES } from "./pull-server.ts";
import { cpuMs, figure, median } from "./statistics.ts";

/** Blocks of one size: enough to last about two seconds. */
const BLOCKS: Readonly<Record<number, number>> = { 100000: 60, 1000000: 20, 16000000: 6 };
/** Counted ones of a block. */
const BLOCK_ROUNDS = 2;
const WARM_UP_BLOCKS = 1;

export const benchmark: Benchmark = {
  title: "pulling a model body over libp2p on loopback, against a plain stream of the same bytes",
  async run() {
    const server = fork(fileURLToPath(new URL("./pull-server.ts", import.meta.url)), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    const { node, traffic } = await startLibp2p({
      privateKey: await generateKeyPair("Ed25519"),
      listen: [],
      mdns: false,
      serviceTag: "",
    });
    try {
      const address = await addressOf(server);
      const { remotePeer } = await node.dial(multiaddr(address));
      const transport = createTransport(node, traffic);
      const rows: Row[] = [];
      for (const bytes of SIZES) rows.push(await compare({ node, transport, peer: remotePeer.toString(), bytes }));
      return { rows, notes: [] };
    } finally {
      await node.stop();
      server.disconnect();
    }
  },
};

interface Pulling {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly peer: string;
  readonly bytes: number;
}

/** What is compared, the pull first. */
const KINDS = ["pull", "plain", "kept"] as const;

async function compare({ node, transport, peer, bytes }: Pulling): Promise<Row> {
  const hash = nodeCrypto.sha256(bodyOf(bytes));
  const { signal } = new AbortController();
  const modules = { transport, crypto: nodeCrypto, clock: wallClock };
  const work = {
    pull: async () => (await pullBlob(modules, peer, BLOB_PROTOCOL, { hash, maxBytes: bytes, signal })).length,
    plain: () => readPlain(node, peer, bytes),
    kept: () => readPlain(node, peer, bytes, new Uint8Array(bytes)),
  };
  const costs: Record<(typeof KINDS)[number], Cost[]> = { pull: [], plain: [], kept: [] };
  const blocks = BLOCKS[bytes] ?? 10;
  for (let block = -WARM_UP_BLOCKS; block < blocks; block++) {
    for (const kind of KINDS) {
      await work[kind]();
      for (let i = 0; i < BLOCK_ROUNDS; i++) {
        const spent = await cost(work[kind], bytes);
        if (block >= 0) costs[kind].push(spent);
      }
    }
  }
  const of = (kind: (typeof KINDS)[number], what: (spent: Cost) => number) => figure(median(costs[kind].map(what)));
  const ratio = (other: "plain" | "kept") =>
    figure(median(costs.pull.map((spent, i) => (costs[other][i] as Cost).ms / spent.ms)));
  return {
    bytes,
    rounds: costs.pull.length,
    pullMBps: of("pull", ({ ms }) => bytes / 1000 / ms),
    plainMBps: of("plain", ({ ms }) => bytes / 1000 / ms),
    keptMBps: of("kept", ({ ms }) => bytes / 1000 / ms),
    pullToPlain: ratio("plain"),
    pullToKept: ratio("kept"),
    pullMs: of("pull", ({ ms }) => ms),
    plainMs: of("plain", ({ ms }) => ms),
    keptMs: of("kept", ({ ms }) => ms),
    pullCpuMsPerMB: of("pull", ({ cpu }) => (1e6 * cpu) / bytes),
    plainCpuMsPerMB: of("plain", ({ cpu }) => (1e6 * cpu) / bytes),
    keptCpuMsPerMB: of("kept", ({ cpu }) => (1e6 * cpu) / bytes),
  };
}

interface Cost {
  readonly ms: number;
  readonly cpu: number;
}

async function cost(work: () => Promise<number>, bytes: number): Promise<Cost> {
  const [startedMs, startedCpuMs] = [performance.now(), cpuMs()];
  const got = await work();
  const found = { ms: performance.now() - startedMs, cpu: cpuMs() - startedCpuMs };
  if (got !== bytes) throw new Error(`${got} bytes of ${bytes} arrived`);
  return found;
}

/** @param kept where the bytes are put; nowhere, where it is left out. */
async function readPlain(node: HearsayNode, peer: string, bytes: number, kept?: Uint8Array): Promise<number> {
  const connection = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer);
  if (connection === undefined) throw new Error("the connection is gone");
  const stream = await connection.newStream(`${PLAIN_PROTOCOL}/${bytes}`);
  let got = 0;
  for await (const chunk of stream) {
    if (kept === undefined) got += chunk.byteLength;
    else
      for (const part of chunk instanceof Uint8Array ? [chunk] : chunk) {
        kept.set(part, got);
        got += part.length;
      }
  }
  await stream.close();
  return got;
}

async function addressOf(server: ChildProcess): Promise<string> {
  const [message] = (await once(server, "message")) as [ServerMessage];
  return message.address;
}
