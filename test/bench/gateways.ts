/**
 * `npm run bench:gateways`: places of real peers on the digits, each peer in a network namespace of its own, each place behind one line. Bytes on the lines between the
 * places, as the kernel counts them, and accuracy at the end, where each peer speaks for itself and where gateways speak; then the cable of a gateway is pulled: seconds
 * until all others of its place have another.
 *
 * All peers share the cores of one machine, so a cycle has to be so long that they are idle for most of it: `--min-cycle`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { loadNamedSet } from "../../node/data/sets.ts";
import { table } from "../../node/terminal/print.ts";
import { formatBytes } from "../../protocol/base/figures.ts";
import { lastCycle } from "./gateways/last-cycle.ts";
import { type Member, openPlaces, type Places } from "./gateways/places.ts";
import { runInNamespace } from "./outages/network.ts";
import { sleep } from "./statistics.ts";

const CLI = fileURLToPath(new URL("../../dist/cli/cli.js", import.meta.url));
const START_MS = 300_000;
const TAKEOVER_MS = 60_000;
const LOOK_EVERY_MS = 1000;
const EXIT_USAGE = 2;
const HELP = `npm run bench:gateways [-- --json] [--places N] [--size N] [--min-cycle MS] [--cycles N] [--partition P] [--keep]

Two networks, one after the other: each peer speaks for itself, then gateways speak. By default 3 places of 8 and 40 cycles of 6 s: ten minutes.
--cycles     from the start to the last look at accuracy; bytes are those of the second half. Where gateways are found later than
             half-way, the network goes on for as many cycles after it
--partition  how the digits are shared out, as for hearsay up
--json       one object a network
--keep       leaves states and logs of the peers where they are
`;

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    keep: { type: "boolean" },
    help: { type: "boolean" },
    inside: { type: "boolean" },
    places: { type: "string", default: "3" },
    size: { type: "string", default: "8" },
    cycles: { type: "string", default: "40" },
    "min-cycle": { type: "string", default: "6000" },
    partition: { type: "string", default: "dirichlet:0.5" },
  },
});
const [places, size, cycles] = [Number(values.places), Number(values.size), Number(values.cycles)];

interface Outcome {
  readonly speaks: "each peer" | "a gateway";
  /** Of an average peer, in one of its cycles. */
  readonly bytesBetween: number;
  /** Over the peers, in percent. */
  readonly accuracy: number;
  readonly worst: number;
  readonly cyclesPerSecond: number;
  /** Until all others of its place had another gateway; null where there was none, or they had none in time. */
  readonly takeoverSeconds: number | null;
}

if (values.help) process.stdout.write(HELP);
else if (!(places >= 2 && size >= 3 && places * size <= 60 && cycles >= 4)) {
  process.stderr.write(`--places from 2, --size from 3, at most 60 peers, --cycles from 4\n\n${HELP}`);
  process.exitCode = EXIT_USAGE;
} else if (values.inside) await measure().finally(() => process.exit());
else runInNamespace("bench:gateways", fileURLToPath(import.meta.url));

async function measure(): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const speaks of ["each peer", "a gateway"] as const) {
    const outcome = await run(speaks);
    outcomes.push(outcome);
    if (values.json) process.stdout.write(`${JSON.stringify({ places, size, cycles, ...outcome })}\n`);
  }
  if (!values.json) report(outcomes);
}

async function run(speaks: Outcome["speaks"]): Promise<Outcome> {
  const isTold = speaks === "a gateway";
  const directory = await mkdtemp(join(tmpdir(), "hearsay-gateways-"));
  const file = join(directory, "task.yaml");
  const { task } = await loadNamedSet("digits");
  const aggregation = isTold ? { gateways: true } : {};
  await writeFile(
    file,
    stringify({ ...task, codec: "int8", training: { ...(task.training as object), steps: 20 }, aggregation }),
  );
  const args = ["--task", file, "--dataset", "digits", "--partition", values.partition, "--no-mdns", "--no-page"];
  const timing = ["--min-cycle", values["min-cycle"], "--log-level", "info"];
  process.stderr.write(`${speaks}: ${places} x ${size} peers start ...\n`);
  const options = { places, size, directory, args: [...args, ...timing], isTold, cli: CLI, lookEveryMs: LOOK_EVERY_MS };
  const network = await openPlaces(options);
  try {
    return await look(network, speaks);
  } finally {
    await network.close();
    if (values.keep) process.stderr.write(`states and logs: ${directory}\n`);
    else await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function look(network: Places, speaks: Outcome["speaks"]): Promise<Outcome> {
  const all = network.members.flat();
  const perSecond = 1000 / Number(values["min-cycle"]);
  const patienceMs = START_MS + (4000 * cycles) / perSecond;
  await until(`all have trained ${cycles / 2} times`, () => meanCycle(all) >= cycles / 2, patienceMs);
  if (speaks === "a gateway") await until("each place has a gateway", () => network.members.every(isSettled), START_MS);
  const before = { bytes: network.bytesBetween(), cycles: meanCycle(all), atMs: Date.now() };
  const end = lastCycle(cycles, before.cycles);
  await until(`all have trained ${end} times`, () => meanCycle(all) >= end, patienceMs);
  const passed = meanCycle(all) - before.cycles;
  const bytes = network.bytesBetween() - before.bytes;
  const accuracies = all.map(
    ({ seen }) => 100 * (seen.findLast((one) => one.accuracy !== undefined)?.accuracy ?? Number.NaN),
  );
  const rounded = (value: number) => Number(value.toFixed(2));
  return {
    speaks,
    bytesBetween: Math.round(bytes / passed / all.length),
    accuracy: rounded(accuracies.reduce((sum, one) => sum + one, 0) / all.length),
    worst: rounded(Math.min(...accuracies)),
    cyclesPerSecond: rounded((1000 * passed) / (Date.now() - before.atMs)),
    takeoverSeconds: speaks === "a gateway" ? await pullOut(network.members[0] ?? []) : null,
  };
}

function meanCycle(members: readonly Member[]): number {
  return members.reduce((sum, { seen }) => sum + (seen.at(-1)?.cycle ?? 0), 0) / members.length;
}

/** All name the same of them. */
function isSettled(members: readonly Member[]): boolean {
  const [first, ...others] = members.map(({ seen }) => seen.at(-1)?.gateway);
  return members.some(({ peerId }) => peerId === first) && others.every((one) => one === first);
}

/** Pulls the cable of the gateway of a place: nobody is told. */
async function pullOut(members: readonly Member[]): Promise<number | null> {
  const gateway = members.find(({ peerId, seen }) => seen.at(-1)?.gateway === peerId);
  if (gateway === undefined) return null;
  const left = members.filter((one) => one !== gateway);
  const startMs = Date.now();
  gateway.unplug();
  const isOver = () => isSettled(left);
  await until("another speaks", isOver, TAKEOVER_MS).catch(() => {});
  return isOver() ? (Date.now() - startMs) / 1000 : null;
}

async function until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(200)) if (holds()) return;
  throw new Error(`not within ${withinMs / 1000} s: ${what}; look with --keep at what the peers say`);
}

function report(outcomes: readonly Outcome[]): void {
  const [each] = outcomes;
  const rows = outcomes.map((one) => [
    one.speaks,
    formatBytes(one.bytesBetween),
    ((each?.bytesBetween ?? 0) / one.bytesBetween).toFixed(1),
    `${one.accuracy} / ${one.worst}`,
    String(one.cyclesPerSecond),
    one.takeoverSeconds === null ? "-" : String(one.takeoverSeconds),
  ]);
  const head = ["speaks", "between places, a cycle", "times less", "accuracy, mean / worst", "cycles/s", "another, s"];
  process.stdout.write(`${table(head, rows)}\n`);
}
