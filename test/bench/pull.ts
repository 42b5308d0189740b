/**
 * A model pull: `pullBlob` over the real transport, in MB/s (10^6 bytes), between two processes on loopback. What it adds to the network
 * is requests of 256 KiB with a few in flight, a hash, and a copy.
 *
 * Compared with one plain libp2p stream between the same two nodes (TCP, Noise, yamux) that carries the same bytes: opened, filled in
 * pieces of 64 KiB by a writer that honours `drain`, and read to its end. The two take turns, and the ratio is the median of the
 * ratios of neighbours. `cpuMsPerMB` is CPU time of the puller alone.
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

/** Pulls of one size: enough to last about two seconds. */
const ROUNDS: Readonly<Record<number, number>> = { 100000: 200, 1000000: 60, 16000000: 12 };
const WARM_UP_ROUNDS = 3;

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

async function compare({ node, transport, peer, bytes }: Pulling): Promise<Row> {
  const hash = nodeCrypto.sha256(bodyOf(bytes));
  const { signal } = new AbortController();
  const modules = { transport, crypto: nodeCrypto, clock: wallClock };
  const pull = async () => (await pullBlob(modules, peer, BLOB_PROTOCOL, { hash, maxBytes: bytes, signal })).length;
  const plain = () => readPlain(node, peer, bytes);
  const pulls: Cost[] = [];
  const plains: Cost[] = [];
  const rounds = ROUNDS[bytes] ?? 10;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const [pulled, read] = [await cost(pull, bytes), await cost(plain, bytes)];
    if (round < 0) continue;
    pulls.push(pulled);
    plains.push(read);
  }
  const megabytesPerSecond = (costs: readonly Cost[]) => figure(median(costs.map(({ ms }) => bytes / 1000 / ms)));
  const cpuMsPerMegabyte = (costs: readonly Cost[]) => figure(median(costs.map(({ cpu }) => (1e6 * cpu) / bytes)));
  return {
    bytes,
    rounds,
    pullMBps: megabytesPerSecond(pulls),
    plainMBps: megabytesPerSecond(plains),
    pullToPlain: figure(median(pulls.map(({ ms }, i) => (plains[i] as Cost).ms / ms))),
    pullMs: figure(median(pulls.map(({ ms }) => ms))),
    plainMs: figure(median(plains.map(({ ms }) => ms))),
    pullCpuMsPerMB: cpuMsPerMegabyte(pulls),
    plainCpuMsPerMB: cpuMsPerMegabyte(plains),
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

async function readPlain(node: HearsayNode, peer: string, bytes: number): Promise<number> {
  const connection = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer);
  if (connection === undefined) throw new Error("the connection is gone");
  const stream = await connection.newStream(`${PLAIN_PROTOCOL}/${bytes}`);
  let got = 0;
  for await (const chunk of stream) got += chunk.byteLength;
  await stream.close();
  return got;
}

async function addressOf(server: ChildProcess): Promise<string> {
  const [message] = (await once(server, "message")) as [ServerMessage];
  return message.address;
}
