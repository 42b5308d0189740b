/**
 * What a peer moves in a day, told from a minute of real sockets: at the defaults of `hearsay up`, and with the preset `metered`. The first minute is left out: a
 * peer is quick while its bucket is full (`protocol/traffic/thrift.ts`). All peers are neighbours, and train nothing, since bytes are counted here and not time.
 */
import { join } from "node:path";
import { linkBudgets } from "../../node/settings/budget.ts";
import { DEFAULTS, SETTINGS } from "../../node/settings/table.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { idleTrainer } from "./overhead.ts";
import { figure, sleep, sum } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";

const PEERS = 6;
const DAY_S = 86_400;
const WARM_UP_S = 75;
const WINDOW_S = 60;

export const benchmark: Benchmark = {
  title: `bytes that a peer of ${PEERS} moves in a day, from ${WINDOW_S} s of real sockets (digits, int8)`,
  async run(scratch) {
    const metered = (name: string) => SETTINGS.get(name)?.presets?.metered?.value;
    const rows = await Promise.all([
      rowOf("defaults", join(scratch, "defaults"), DEFAULTS.budget as string, DEFAULTS.minCycleMs),
      rowOf("metered", join(scratch, "metered"), String(metered("budget")), Number(metered("minCycleMs"))),
    ]);
    return {
      rows,
      notes: [
        "in all: with the headers of packets, as the budget counts; what merges cost is planned where none falls into the minute",
      ],
    };
  },
};

async function rowOf(what: string, scratch: string, budget: string, minCycleMs: number): Promise<Row> {
  const task = parseTask({ ...(await digitsTask({ inboxSize: 8, quorum: 3 })), codec: "int8" });
  const peers: RunningPeer[] = [];
  for (let i = 0; i < PEERS; i++) {
    const bootstrap = peers.slice(0, 1).flatMap((peer) => peer.addresses().slice(0, 1));
    peers.push(
      await startPeer({
        ...{ stateDir: join(scratch, String(i)), task, trainer: idleTrainer(i), bootstrap, minCycleMs },
        ...{ listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, maxOutbound: 8, budget: linkBudgets(budget) },
      }),
    );
  }
  await sleep(1000 * WARM_UP_S);
  const before = spentOf(peers);
  await sleep(1000 * WINDOW_S);
  const perDay = ((spentOf(peers) - before) / peers.length / WINDOW_S) * DAY_S;
  const [thrift] = peers.flatMap(({ peer }) => peer.status().thrift ?? []);
  const planned =
    thrift?.intervalMs === undefined ? 0 : (thrift.models * thrift.modelBytes * 1000 * DAY_S) / thrift.intervalMs;
  await Promise.all(peers.map((peer) => peer.stop()));
  return {
    what: `${what}: ${budget}`,
    measuredMegabytesADay: figure(perDay / 1e6),
    plannedMegabytesADay: figure(planned / 1e6),
    secondsBetweenMerges: figure((thrift?.intervalMs ?? 0) / 1000),
    models: thrift?.models ?? 0,
    bytesPerModel: Math.round(thrift?.modelBytes ?? 0),
  };
}

function spentOf(peers: readonly RunningPeer[]): number {
  return sum(peers.flatMap((peer) => peer.budget().map(({ spentBytes }) => spentBytes)));
}
