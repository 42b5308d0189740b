/**
 * The budget on real sockets: a peer among neighbours that would take ten times as much moves no more bytes than its bucket holds, looked at many times a
 * second, by Node's own counters of every socket of its process. Not even where it is killed and started again.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { DEFAULTS } from "../../node/settings/table.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { rateOf } from "../../protocol/traffic/bucket.ts";
import { type ByteLimit, parseByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { createLab, type Lab, sourceEnvironment } from "../support/process.ts";
import type { MeteredAssignment, Sample } from "../support/process-metered.ts";

const CHILD = fileURLToPath(new URL("../support/process-metered.ts", import.meta.url));
const BUDGET = "1200kB/minute";
const { burst, perSecond } = rateOf(parseByteLimit(BUDGET) as ByteLimit);
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

interface Watched {
  readonly child: ChildProcess;
  readonly samples: Sample[];
  readonly startedMs: number;
}

async function start(): Promise<Watched> {
  const child = fork(CHILD, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [], env: sourceEnvironment() });
  const samples: Sample[] = [];
  child.on("message", (sample: Sample) => samples.push(sample));
  const assignment: MeteredAssignment = {
    ...{ stateDir: lab.path("metered"), task: TASK, data: { ...DATA, share: "3/3" }, budget: BUDGET },
    ...{ bootstrap: neighbours.flatMap((one) => one.addresses()), minCycleMs: CYCLE_MS },
  };
  const startedMs = Date.now();
  child.send(assignment);
  await once(child, "message");
  return { child, samples, startedMs };
}

async function kill({ child }: Watched): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Every sample is within the bucket. @param before bytes of earlier processes. @param sinceMs when the bucket was full. */
function assertWithin({ samples }: Watched, before: number, sinceMs: number): void {
  for (const { atMs, socketBytes, spentBytes, leftBytes } of samples) {
    const most = burst + (perSecond * (atMs - sinceMs)) / 1000;
    assert.ok(before + socketBytes <= most, `${before} + ${socketBytes} of ${most} bytes after ${atMs - sinceMs} ms`);
    assert.ok(
      spentBytes >= socketBytes && leftBytes >= 0,
      `${spentBytes} counted of ${socketBytes}, ${leftBytes} left`,
    );
  }
}

/** Bytes that the first process moves beyond a full bucket before it is killed, and the second at all. */
const FIRST_BEYOND = 20_000;
const SECOND = 20_000;

it("moves no more than its bucket holds at any moment, merges all the same, and a SIGKILL fills nothing", {
  timeout: 300_000,
}, async (context) => {
  const first = await start();
  await until(first, (sample) => sample.socketBytes > burst + FIRST_BEYOND);
  await kill(first);
  assertWithin(first, 0, first.startedMs);
  const spent = first.samples.at(-1) as Sample;
  context.diagnostic(`${spent.socketBytes} bytes, ${spent.merges} merges in ${first.samples.length} samples`);
  assert.ok(spent.merges > 0, "it merges all the same");

  const second = await start();
  await until(second, (sample) => sample.socketBytes > SECOND);
  await kill(second);
  assertWithin(second, spent.socketBytes, first.startedMs);
  const later = second.samples.at(-1) as Sample;
  context.diagnostic(`${later.socketBytes} bytes, ${later.merges} merges in ${second.samples.length} samples`);
});

/** However slow the machine is. */
async function until({ child, samples }: Watched, isEnough: (sample: Sample) => boolean): Promise<void> {
  while (!isEnough(samples.at(-1) as Sample)) await once(child, "message");
}
