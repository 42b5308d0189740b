/**
 * Wire bytes per useful byte: what all peers sent (TCP payload, with Noise, yamux, gossipsub, greetings and peer exchange; the
 * counters of the node), over the bytes of the model bodies that were merged, each counted once at each peer. 1 is a network that
 * sends nothing in vain.
 *
 * For comparison, from the same run: `floodRatio`, the ratio if every published body went to every other peer once, and
 * `overheadBytes` for each merged body.
 */
import { join } from "node:path";
import type { Task } from "../../protocol/base/task.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { observePeers } from "./peers.ts";
import { figure, sum } from "./statistics.ts";
import { digitsTask, sixMegabyteTask } from "./tasks.ts";

export const benchmark: Benchmark = {
  title: "bytes that all peers sent / bytes of the model bodies that were merged (1: nothing in vain)",
  async run(scratch) {
    const rows = [
      await row("digits mlp", await digitsTask({ inboxSize: 7, quorum: 3 }), {
        peers: 8,
        minCycleMs: 400,
        seconds: 20,
      }),
      await row("mlp 6 MB", await sixMegabyteTask({ quorum: 1 }), {
        peers: 3,
        minCycleMs: 1500,
        seconds: 20,
      }),
    ];
    return { rows, notes: [] };

    async function row(
      model: string,
      task: Task,
      network: { peers: number; minCycleMs: number; seconds: number },
    ): Promise<Row> {
      const reports = await observePeers({ task, directory: join(scratch, model), ...network });
      const published = reports.flatMap((report) => report.published);
      const bodyBytes = published[0]?.bytes ?? Number.NaN;
      const merged = sum(reports.flatMap(({ merges }) => merges.map(({ fresh }) => fresh.length)));
      const wireBytes = sum(reports.map(({ bytesOut }) => bytesOut));
      return {
        model,
        peers: network.peers,
        bodyBytes,
        published: published.length,
        merged,
        wireBytes,
        wireToUseful: figure(wireBytes / (merged * bodyBytes)),
        overheadBytes: Math.round(wireBytes / merged - bodyBytes),
        floodRatio: figure((published.length * (network.peers - 1)) / merged),
      };
    }
  },
};
