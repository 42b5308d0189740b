/**
 * The budget on real sockets: a peer among neighbours that would take ten times as much moves no more bytes than its bucket holds, looked at many times a
 * second, by Node's own counters of every socket of its process. Not even where it is killed and started again.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, it } from "node:test";
import { parse } from "yaml";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { DEFAULTS } from "../../node/settings/table.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { rateOf } from "../../protocol/traffic/bucket.ts";
import { type ByteLimit, parseByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { killMetered, type Metered, overspent, startMetered } from "../support/metered.ts";
import { createLab, type Lab } from "../support/process.ts";
import type { Sample } from "../support/process-metered.ts";

const BUDGET = "1200kB/minute";
const RATE = rateOf(parseByteLimit(BUDGET) as ByteLimit);
const TASK = { ...parse(TEMPLATES.digits.yaml), training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
const DATA = { ...DEFAULTS.data, dataset: "digits", partition: "iid" } as const;
/** What the neighbours would move with it, without a budget: bodies of 9.6 kB, in and out, a few times in each of these. */
const CYCLE_MS = 50;

let lab: Lab;
const neighbours: RunningPeer[] = [];

before(async () => {
  lab = await createLab("budget");
  const task = parseTask(TASK);
  for (const share of ["1/3", "2/3"]) {
    const { train } = await loadPeerData({ ...DATA, share }, task);
    neighbours.push(
      await startPeer({
        ...{ stateDir: lab.path(`neighbour-${share[0]}`), task, train, engine: "auto", mdns: false, maxOutbound: 8 },
        ...{ listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: neighbours.flatMap((one) => one.addresses()) },
        minCycleMs: CYCLE_MS,
      }),
    );
  }
});
after(async () => {
  await Promise.all(neighbours.map((one) => one.stop()));
  await lab?.close();
});

function start(): Promise<Metered> {
  return startMetered({
    ...{ stateDir: lab.path("metered"), task: TASK, data: { ...DATA, share: "3/3" }, budget: BUDGET },
    ...{ bootstrap: neighbours.flatMap((one) => one.addresses()), minCycleMs: CYCLE_MS },
  });
}

/** Bytes that the first process moves beyond a full bucket before it is killed, and the second at all. */
const FIRST_BEYOND = 20_000;
const SECOND = 20_000;

it("moves no more than its bucket holds at any moment, merges all the same, and a SIGKILL fills nothing", {
  timeout: 300_000,
}, async (context) => {
  const first = await start();
  await until(first, (sample) => sample.socketBytes > RATE.burst + FIRST_BEYOND);
  await killMetered(first);
  const sinceMs = first.startedMs;
  assert.equal(overspent(first.samples, RATE, { sinceMs }), undefined);
  const spent = first.samples.at(-1) as Sample;
  context.diagnostic(`${spent.socketBytes} bytes, ${spent.merges} merges in ${first.samples.length} samples`);
  assert.ok(spent.merges > 0, "it merges all the same");

  const second = await start();
  await until(second, (sample) => sample.socketBytes > SECOND);
  await killMetered(second);
  assert.equal(overspent(second.samples, RATE, { before: spent.socketBytes, sinceMs }), undefined);
  const later = second.samples.at(-1) as Sample;
  context.diagnostic(`${later.socketBytes} bytes, ${later.merges} merges in ${second.samples.length} samples`);
});

/** However slow the machine is. */
async function until({ child, samples }: Metered, isEnough: (sample: Sample) => boolean): Promise<void> {
  while (!isEnough(samples.at(-1) as Sample)) await once(child, "message");
}
