/**
 * What a pulled model costs beside its bytes: every byte that eight peers sent, by what it was for (`wire-ledger.ts`), over the models that were merged, each
 * counted once at each peer. All peers are neighbours over real sockets, and pull every model of every other. They live in this process and train nothing,
 * since bytes are counted here and not time.
 *
 * The time before all of them merged three times is left out: connections are opened then, greetings sent, and the first announcement of each author is passed on, as
 * one in five minutes is afterwards.
 */
import { join } from "node:path";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { toHex } from "../../protocol/base/bytes.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { type KernelCounters, kernelCounters } from "./kernel-counters.ts";
import { figure, sleep, sum } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";
import { type Ledger, startLedger } from "./wire-ledger.ts";

const PEERS = 8;
const MIN_CYCLE_MS = 1000;
const WARM_UP_MERGES = 3;
/** Cycles that are counted. */
const CYCLES = 16;
/** Each peer's cycle is longer than the one before by this share. */
const PHASE_DRIFT = 0.07;

export const benchmark: Benchmark = {
  title: `bytes sent for each merged model of 2,410 parameters, by what they are for (${PEERS} peers, a cycle a second)`,
  async run(scratch) {
    const task = parseTask({ ...(await digitsTask({ inboxSize: PEERS - 1, quorum: 3 })), codec: "int8" });
    const { ledger, wireBytes, merged, bodyBytes, kernel } = await observe(task, scratch, {
      numPeers: PEERS,
      cycles: CYCLES,
      minCycleMs: MIN_CYCLE_MS,
    });
    const row = (what: string, bytes: number, count: number | null): Row => ({
      what,
      bytesPerModel: Math.round(bytes / merged),
      timesPerModel: count === null ? null : figure(count / merged),
      percentOfBody: figure((100 * bytes) / merged / bodyBytes),
    });
    const known = sum(Object.values(ledger).map(({ bytes }) => bytes));
    return {
      rows: [
        ...Object.entries(ledger).map(([name, { bytes, count }]) => row(name, bytes, count)),
        row("what is left: handshakes", wireBytes - known, null),
        row("all", wireBytes, null),
        row("all but the body", wireBytes - merged * bodyBytes, null),
        ...(kernel
          ? [row("all, as the kernel counts it: segments of TCP with their headers", kernel.ipBytes, kernel.segments)]
          : []),
      ],
      notes: [
        `${merged} models merged, bodies of ${bodyBytes} bytes`,
        "the kernel counts all processes of a network namespace: for these peers alone, unshare -rn sh -c 'ip link set lo up; npm run bench -- --only overhead'",
      ],
    };
  },
};

interface Observed {
  readonly ledger: Ledger;
  readonly wireBytes: number;
  readonly merged: number;
  readonly bodyBytes: number;
  readonly kernel: KernelCounters | undefined;
}

/** Lets peers merge each other's models for some cycles. */
export async function observe(
  task: Task,
  scratch: string,
  { numPeers, cycles, minCycleMs }: { readonly numPeers: number; readonly cycles: number; readonly minCycleMs: number },
): Promise<Observed> {
  const ledger = startLedger();
  const peers: RunningPeer[] = [];
  let bodyBytes = 0;
  for (let i = 0; i < numPeers; i++) {
    const bootstrap = peers.slice(0, 1).flatMap((peer) => peer.addresses().slice(0, 1));
    peers.push(
      await startPeer({
        ...{ stateDir: join(scratch, String(i)), task, trainer: idleTrainer(i), bootstrap },
        ...{ listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, maxOutbound: 32 },
        minCycleMs: Math.round(minCycleMs * (1 + i * PHASE_DRIFT)),
        observe(event) {
          if (event.kind === "published") bodyBytes = event.bytes;
        },
      }),
    );
  }
  const merges = () => Math.min(...peers.map(({ peer }) => peer.status().counters.merges));
  while (merges() < WARM_UP_MERGES) await sleep(50);
  const [before, sentBefore, mergedBefore] = [ledger(), bytesSent(peers), await mergedModels(peers)];
  const kernelBefore = kernelCounters();
  const enough = merges() + cycles;
  while (merges() < enough) await sleep(50);
  const kernelAfter = kernelCounters();
  const [after, sentAfter, mergedAfter] = [ledger(), bytesSent(peers), await mergedModels(peers)];
  await Promise.allSettled(peers.map((peer) => peer.stop())); // nothing more is measured
  return {
    ledger: difference(before, after),
    wireBytes: sentAfter - sentBefore,
    merged: mergedAfter - mergedBefore,
    bodyBytes,
    kernel: kernelBefore &&
      kernelAfter && {
        segments: kernelAfter.segments - kernelBefore.segments,
        ipBytes: kernelAfter.ipBytes - kernelBefore.ipBytes,
      },
  };
}

function bytesSent(peers: readonly RunningPeer[]): number {
  return sum(peers.map(({ peer }) => peer.status().bytesOut));
}

function difference(before: Ledger, after: Ledger): Ledger {
  return Object.fromEntries(
    Object.entries(after).map(([name, { bytes, count }]) => {
      const past = before[name] ?? { bytes: 0, count: 0 };
      return [name, { bytes: bytes - past.bytes, count: count - past.count }];
    }),
  );
}

/** Models that were merged, each once at each peer, as the logs say. */
async function mergedModels(peers: readonly RunningPeer[]): Promise<number> {
  let count = 0;
  for (const { peer } of peers) {
    const seen = new Set<string>();
    for await (const entry of peer.log.entries())
      if (entry.type === "aggregate")
        for (const [, model, , , status] of entry.body.parents) if (status !== "invalid") seen.add(toHex(model));
    count += seen.size;
  }
  return count;
}

/** Moves each parameter a little, each time another way. */
export function idleTrainer(number: number): Trainer {
  let fits = 0;
  return {
    engine: "dense",
    numExamples: 100,
    async fit({ params }) {
      fits++;
      return { params: params.map((value, i) => value + 0.01 * Math.sin(i + 7 * fits + 100 * number)), loss: 1 };
    },
    evaluate: async () => ({ numExamples: 100, loss: 1, accuracy: 0 }),
    predict: async () => new Float32Array(0),
    async close() {},
  };
}
