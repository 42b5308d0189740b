/**
 * Publish-to-merge latency: from the `published` event of one peer to the `merged` event of another that has that model among its
 * parents for the first time. Peers are processes; times are of a clock that they share.
 *
 * A model that has arrived waits for the end of the receiver's cycle, so the whole latency is compared with a cycle (the median over the
 * peers, whose cycles differ by 7 % so that their phases drift): 0.5 is what a model that crossed in no time would wait on average.
 * What the network takes stands by itself as `toInboxMs`, from `published` to the moment that the validated model lies in the inbox
 * (announcement, draw, pull, hash, checks), known where there are two peers.
 */
import { join } from "node:path";
import type { Task } from "../../protocol/base/task.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import type { PeerReport } from "./peer-process.ts";
import { observePeers } from "./peers.ts";
import { figure, median, percentile } from "./statistics.ts";
import { digitsTask, sixMegabyteTask } from "./tasks.ts";

/** One model is enough to merge; the inbox has its usual size, so that a model is pulled as soon as it is announced. */
const AGGREGATION = { quorum: 1 };

export const benchmark: Benchmark = {
  title:
    "from `published` at one peer to `merged` at another; ratio to a cycle (0.5: it only waits for the receiver's to end)",
  async run(scratch) {
    const rows = [
      await row("digits mlp", await digitsTask(AGGREGATION), { peers: 2, minCycleMs: 100, seconds: 8 }),
      await row("digits mlp", await digitsTask(AGGREGATION), { peers: 3, minCycleMs: 100, seconds: 8 }),
      await row("mlp 6 MB", await sixMegabyteTask(AGGREGATION), { peers: 2, minCycleMs: 500, seconds: 20 }),
    ];
    return { rows, notes: [] };

    async function row(
      model: string,
      task: Task,
      network: { peers: number; minCycleMs: number; seconds: number },
    ): Promise<Row> {
      const directory = join(scratch, `${model} ${network.peers}`);
      const reports = await observePeers({ task, directory, ...network });
      const cycleMs = median(reports.flatMap(({ published }) => steps(published.map(({ atMs }) => atMs))));
      const latencies = reports.flatMap((receiver) => mergeLatencies(reports, receiver));
      const toInbox = network.peers === 2 ? reports.flatMap((receiver) => inboxLatencies(reports, receiver)) : [];
      const published = reports.reduce((count, report) => count + report.published.length, 0);
      return {
        model,
        peers: network.peers,
        bodyBytes: reports[0]?.published[0]?.bytes ?? null,
        merged: latencies.length,
        mergedShare: figure(latencies.length / (published * (network.peers - 1))),
        latencyMs: figure(median(latencies)),
        latencyP95Ms: figure(percentile(latencies, 0.95)),
        cycleMs: figure(cycleMs),
        latencyToCycle: figure(median(latencies) / cycleMs),
        toInboxMs: figure(median(toInbox)),
        toInboxP95Ms: figure(percentile(toInbox, 0.95)),
      };
    }
  },
};

function mergeLatencies(all: readonly PeerReport[], receiver: PeerReport): number[] {
  const publishedMs = publications(all, receiver);
  return receiver.merges.flatMap(({ atMs, fresh }) =>
    fresh.map((model) => atMs - (publishedMs.get(model) ?? Number.NaN)),
  );
}

/** Of two peers, so that the model that arrived is known: the one that the next merge has. */
function inboxLatencies(all: readonly PeerReport[], receiver: PeerReport): number[] {
  const publishedMs = publications(all, receiver);
  let previousMs = 0;
  return receiver.merges.flatMap(({ atMs, fresh }) => {
    const fromMs = fresh.map((model) => publishedMs.get(model))[0] ?? Number.NaN;
    const arrivals = receiver.arrivalsMs.filter((arrivalMs) => arrivalMs > previousMs && arrivalMs < atMs);
    previousMs = atMs;
    const [arrivalMs] = arrivals;
    return arrivalMs !== undefined && arrivalMs > fromMs ? [arrivalMs - fromMs] : []; // else a newer model took its place
  });
}

function publications(all: readonly PeerReport[], receiver: PeerReport): Map<string, number> {
  const others = all.filter((report) => report !== receiver);
  return new Map(others.flatMap(({ published }) => published.map(({ model, atMs }) => [model, atMs] as const)));
}

function steps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - (times[i] as number));
}
