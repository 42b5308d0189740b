/**
 * `npm run bench:gateways`: places of real peers on the digits, each peer in a network namespace of its own, each place behind one line. Bytes on the lines between the
 * places, as the kernel counts them, and accuracy at the end, where each peer speaks for itself, where gateways speak, and where one of these lies. The cable of an honest
 * gateway is pulled at the end: seconds until all others of its place have another. A lying one is found out by its members: seconds until none of them has it any more.
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
import { LIES } from "../support/lies.ts";
import { type FoundOut, foundOut } from "./gateways/found-out.ts";
import { lastCycle } from "./gateways/last-cycle.ts";
import { type Member, openPlaces, type Places } from "./gateways/places.ts";
import { runInNamespace } from "./outages/network.ts";
import { sleep } from "./statistics.ts";

const CLI = fileURLToPath(new URL("../../dist/cli/cli.js", import.meta.url));
const LIAR = fileURLToPath(new URL("../support/process-lying-gateway.ts", import.meta.url));
const START_MS = 300_000;
const TAKEOVER_MS = 60_000;
const LOOK_EVERY_MS = 1000;
const EXIT_USAGE = 2;
const HELP = `npm run bench:gateways [-- --json] [--places N] [--size N] [--min-cycle MS] [--cycles N] [--partition P] [--lie L] [--keep] [NETWORK ...]

Networks, one after the other: each (every peer speaks for itself), gateways (they speak), liar (they speak, and one of them lies); all where none is named.
By default 3 places of 8 and 40 cycles of 6 s: five minutes each.
--lie        what the liar does: ${Object.keys(LIES).join(", ")}
--cycles     from the start to the last look at accuracy; bytes are those of the second half. Where gateways are found later than
             half-way, the network goes on for as many cycles after it
--partition  how the digits are shared out, as for hearsay up
--json       one object a network
--keep       leaves states and logs of the peers where they are
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
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
    lie: { type: "string", default: "opposite" },
  },
});
const [places, size, cycles] = [Number(values.places), Number(values.size), Number(values.cycles)];

const NETWORKS = { each: "each peer", gateways: "a gateway", liar: "a gateway; one lies" } as const;

interface Outcome {
  readonly speaks: (typeof NETWORKS)[keyof typeof NETWORKS];
  /** Of an average peer, in one of its cycles. */
  readonly bytesBetween: number;
  /** Over the honest peers, in percent. */
  readonly accuracy: number;
  readonly worst: number;
  readonly cyclesPerSecond: number;
  /** Until all others of its place had another gateway; null where there was none, or they had none in time. */
  readonly takeoverSeconds: number | null;
  /** Since its members named the liar: until the first of them, and until all of them, named another. */
  readonly found?: FoundOut;
}

if (values.help) process.stdout.write(HELP);
else if (!(places >= 2 && size >= 3 && places * size <= 60 && cycles >= 4)) {
  process.stderr.write(`--places from 2, --size from 3, at most 60 peers, --cycles from 4\n\n${HELP}`);
  process.exitCode = EXIT_USAGE;
} else if (positionals.some((name) => !Object.hasOwn(NETWORKS, name)) || !Object.hasOwn(LIES, values.lie)) {
  process.stderr.write(`no such network or lie: ${[...positionals, values.lie].join(" ")}\n\n${HELP}`);
  process.exitCode = EXIT_USAGE;
} else if (values.inside) await measure().finally(() => process.exit());
else runInNamespace("bench:gateways", fileURLToPath(import.meta.url));

async function measure(): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const name of positionals.length === 0 ? Object.keys(NETWORKS) : positionals) {
    const outcome = await run(NETWORKS[name as keyof typeof NETWORKS]);
    outcomes.push(outcome);
    if (values.json) process.stdout.write(`${JSON.stringify({ places, size, cycles, ...outcome })}\n`);
  }
  if (!values.json) report(outcomes);
}

async function run(speaks: Outcome["speaks"]): Promise<Outcome> {
  const isTold = speaks !== NETWORKS.each;
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
  const liar = speaks === NETWORKS.liar && { liar: { cli: LIAR, lie: values.lie } };
  const network = await openPlaces({ ...options, ...liar });
  try {
    return await look(network, speaks);
  } finally {
    await network.close();
    if (values.keep) process.stderr.write(`states and logs: ${directory}\n`);
    else await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function look(network: Places, speaks: Outcome["speaks"]): Promise<Outcome> {
  const liar = speaks === NETWORKS.liar ? network.members[0]?.[0] : undefined;
  const honest = network.members.map((members) => members.filter((one) => one !== liar));
  const all = honest.flat();
  const perSecond = 1000 / Number(values["min-cycle"]);
  const patienceMs = START_MS + (4000 * cycles) / perSecond;
  await until(`all have trained ${cycles / 2} times`, () => meanCycle(all) >= cycles / 2, patienceMs);
  if (speaks !== NETWORKS.each) await until("each place has a gateway", () => honest.every(isSettled), START_MS);
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
    bytesBetween: Math.round(bytes / passed / network.members.flat().length),
    accuracy: rounded(accuracies.reduce((sum, one) => sum + one, 0) / all.length),
    worst: rounded(Math.min(...accuracies)),
    cyclesPerSecond: rounded((1000 * passed) / (Date.now() - before.atMs)),
    ...(liar && {
      found: foundOut(
        (honest[0] ?? []).map(({ seen }) => seen),
        liar.peerId,
      ),
    }),
    takeoverSeconds: speaks === NETWORKS.gateways ? await pullOut(network.members[0] ?? []) : null,
  };
}

function meanCycle(members: readonly Member[]): number {
  return members.reduce((sum, { seen }) => sum + (seen.at(-1)?.cycle ?? 0), 0) / members.length;
}

/** All name the same of them: in place of a liar, another. */
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
  const each = outcomes.find(({ speaks }) => speaks === NETWORKS.each);
  const rows = outcomes.map((one) => [
    one.speaks,
    formatBytes(one.bytesBetween),
    each === undefined ? "-" : (each.bytesBetween / one.bytesBetween).toFixed(1),
    `${one.accuracy} / ${one.worst}`,
    String(one.cyclesPerSecond),
    String(one.takeoverSeconds ?? one.found?.allSeconds ?? "-"),
  ]);
  const head = ["speaks", "between places, a cycle", "times less", "accuracy, mean / worst", "cycles/s", "another, s"];
  process.stdout.write(`${table(head, rows)}\n`);
}
