/**
 * `npm run bench:outages`: bad days of a network. Real peers of one task on the digits, each in a network namespace of its own, with the configuration that
 * `hearsay up` has by itself, but without multicast, which only a local network has. Cables are cut and pulled, an address changes, a process is killed; how
 * long it takes until neighbour counts are true, until peers merge again, and until their models agree as before.
 *
 * Merges count by what the logs of the peers say afterwards: that of a model which was published after the mend. Loopback would show nothing of all this: there a
 * connection ends when its process does.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { table } from "../../node/terminal/print.ts";
import { type Machine, type Network, openNetwork, runInNamespace } from "./outages/network.ts";
import { readRecords, type Spread } from "./outages/record.ts";
import { type Happened, happen, type Outcome, outcomeOf, SCENARIOS, watchSpread } from "./outages/scenarios.ts";
import { sleep } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";

const DEFAULT = ["partition-60", "cable", "address", "kill-5", "kill-60"];
/** Undisturbed, so that what is left of their disagreement is that of peers which learn. */
const WARM_UP_CYCLES = 60;
const WARM_UP_MS = 300_000;
const EXIT_USAGE = 2;
const HELP = `npm run bench:outages [-- --json] [--peers N] [--min-cycle MS] [--partition P] [--keep] [SCENARIO ...]

Scenarios: ${Object.keys(SCENARIOS).join(", ")}.
By default ${DEFAULT.join(", ")}: ten minutes. A scenario may be named more than once.
--json  one object: {peers, minCycleMs, outcomes: [...], spreads: [...]}
--partition  how the digits are shared out, as for hearsay up
--keep  leaves states and logs of the peers where they are
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    keep: { type: "boolean" },
    help: { type: "boolean" },
    peers: { type: "string", default: "8" },
    "min-cycle": { type: "string", default: "1000" },
    partition: { type: "string", default: "iid" },
    inside: { type: "boolean" },
  },
});
const names = positionals.length > 0 ? positionals : DEFAULT;
const unknown = names.find((name) => !(name in SCENARIOS));
const peers = Number(values.peers);
if (values.help) process.stdout.write(HELP);
else if (unknown !== undefined || !(peers >= 6 && peers <= 16)) {
  process.stderr.write(`${unknown === undefined ? "--peers: 6 to 16" : `no scenario ${unknown}`}\n\n${HELP}`);
  process.exitCode = EXIT_USAGE;
} else if (values.inside) await measure().finally(() => process.exit());
else runInNamespace("bench:outages", fileURLToPath(import.meta.url));

async function measure(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hearsay-outages-"));
  const task = await digitsTask({});
  const file = join(directory, "task.yaml");
  await writeFile(file, stringify(task));
  const args = [
    "--task",
    file,
    "--dataset",
    "digits",
    "--no-mdns",
    "--min-cycle",
    values["min-cycle"],
    "--partition",
    values.partition,
  ];
  const network = await openNetwork({ peers, directory, args: [...args, "--log-level", "debug"] });
  const spreads: Spread[] = [];
  const happened: Happened[] = [];
  const stopWatching = watchSpread(network, task, spreads);
  try {
    await warmUp(network);
    for (const name of names) {
      process.stderr.write(`${name} ...\n`);
      happened.push(await happen(network, name));
    }
  } finally {
    stopWatching();
    await network.close();
  }
  const records = await readRecords(network.machines);
  report(
    happened.map((one) => outcomeOf(one, network, records, spreads)),
    spreads,
  );
  if (values.keep) process.stderr.write(`states and logs: ${directory}\n`);
  else await rm(directory, { recursive: true, force: true });
}

async function warmUp({ machines }: Network): Promise<void> {
  const isWarm = ({ seen }: Machine) => (seen.at(-1)?.cycle ?? 0) >= WARM_UP_CYCLES;
  for (const endMs = Date.now() + WARM_UP_MS; Date.now() < endMs; await sleep(1000)) if (machines.every(isWarm)) return;
  throw new Error(
    `not ${WARM_UP_CYCLES} cycles each within ${WARM_UP_MS / 1000} s: look with --keep at what the peers say`,
  );
}

function report(outcomes: readonly Outcome[], spreads: readonly Spread[]): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ peers, minCycleMs: Number(values["min-cycle"]), outcomes, spreads })}\n`);
    return;
  }
  const text = (seconds: number | null) => (seconds === null ? "-" : String(seconds));
  const rows = outcomes.map((one) => [
    one.about,
    ...[one.noticed, one.firstMerge, one.sideMerged, one.othersMerged, one.counted, one.agreed, one.agreedAsAtRest].map(
      text,
    ),
    String(one.cyclesPerSecond),
    `${one.spread.before}, ${one.spread.most}, ${one.spread.after}`,
  ]);
  const head = [
    "",
    "noticed",
    "first merge",
    "cut off merge",
    "others merge",
    "all counted",
    "agree as before",
    "agree as at rest",
    "cycles/s",
    "spread before, most, after",
  ];
  process.stdout.write(`${table(head, rows)}\nseconds; -: not within the time watched\n`);
}
