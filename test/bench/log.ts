/**
 * `npm run bench:log`: what the log costs, against plain LevelDB puts and bare Ed25519 verifications in the same run.
 *
 * The machine may be shared: what is compared takes turns, the least time of several rounds each; trust the ratios. The entries are those of
 * a peer's cycle (train, publish, aggregate of 8 models); the million of the last part are short ones, all signed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { table } from "../../node/terminal/print.ts";
import {
  type AppendRates,
  type LargeLog,
  measureAppends,
  measureLarge,
  measureVerification,
  type VerificationRates,
} from "./log-measures.ts";
import { figure } from "./statistics.ts";

const EXIT_USAGE = 2;
const MILLION = 1_000_000;

const program = new Command("bench:log")
  .description("Benchmarks of the log. About three minutes, most of it to write a million entries.")
  .option("--quick", "a tenth of the million: to try it out")
  .option("--json", "print one JSON object only, no table")
  .addHelpText(
    "after",
    `
JSON: {appendPerSecond, levelPutPerSecond, verifyPerSecond, verifyPerSecondTwoWorkers, ed25519PerSecond, chainPerSecond, bytesPerEntry,
proofBytesAtMillion: {inclusion, consistency}, openMillionMs, entries}. entries: of the log of the last two figures.
`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parse();
const options = program.opts<{ quick?: boolean; json?: boolean }>();
const entries = options.quick === true ? MILLION / 10 : MILLION;

const scratch = await mkdtemp(join(tmpdir(), "hearsay-bench-log-"));
try {
  const appends = await measureAppends(scratch);
  process.stderr.write(`${JSON.stringify(appends)}\n`);
  const verification = await measureVerification(scratch);
  process.stderr.write(`${JSON.stringify(verification)}\n`);
  const large = await measureLarge(scratch, entries, (done) => {
    if (done % 51_200 < 256) process.stderr.write(`${done} of ${entries} entries written\n`);
  });
  const rates = { ...appends, ...verification, openMillionMs: large.openMillionMs };
  const rounded = Object.fromEntries(Object.entries(rates).map(([name, value]) => [name, figure(value)]));
  const all = { ...rounded, proofBytesAtMillion: large.proofBytesAtMillion, entries };
  if (options.json === true) process.stdout.write(`${JSON.stringify(all)}\n`);
  else
    process.stdout.write(`${table(["what", "figure", "compared", "wanted"], comparisons({ ...rates, ...large }))}\n`);
} finally {
  await rm(scratch, { recursive: true });
}

function comparisons(f: AppendRates & VerificationRates & LargeLog): string[][] {
  const rate = (value: number) => `${Math.round(value)} / s`;
  const ratio = (value: number, other: number, what: string) => `${(value / other).toFixed(2)} x ${what}`;
  const { inclusion, consistency } = f.proofBytesAtMillion;
  return [
    [
      "appends, synced, 16 callers",
      rate(f.appendPerSecond),
      ratio(f.appendPerSecond, f.levelPutPerSecond, "LevelDB puts"),
      "0.8 x",
    ],
    ["verification", rate(f.verifyPerSecond), ratio(f.verifyPerSecond, f.ed25519PerSecond, "bare Ed25519"), "0.8 x"],
    [
      "  on two threads",
      rate(f.verifyPerSecondTwoWorkers),
      ratio(f.verifyPerSecondTwoWorkers, f.verifyPerSecond, "one"),
      "near 2 x",
    ],
    ["  chain and last signature", rate(f.chainPerSecond), "", "50000 / s"],
    ["on disk", `${Math.round(f.bytesPerEntry)} bytes an entry`, "", ""],
    [`opening ${entries} entries`, `${Math.round(f.openMillionMs)} ms`, "", "2000 ms"],
    ["  longest proof there", `${inclusion} bytes inclusion`, `${consistency} bytes consistency`, ""],
  ];
}
