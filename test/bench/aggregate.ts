/**
 * `npm run bench:aggregate`: the kernels of the aggregation rules, one thread, against numpy, byzfl and ByzPy in the same run.
 *
 * The machine may be shared: what is compared is measured in turns, number of rows by number of rows, the least of several runs each;
 * trust the ratios. The models of 1e7 parameters have a process of their own (`aggregate-large.ts`).
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { passesBy } from "../../node/engines/division.ts";
import { workspaceIn } from "../../node/engines/model-memory.ts";
import { table } from "../../node/terminal/print.ts";
import type { Passes } from "../../protocol/aggregate/rows/passes.ts";
import { drawShared, leastMs, liarsAmongRows, passCases, readOnce, ruleCase } from "./aggregate-cases.ts";
import { type Library, references } from "./aggregate-reference.ts";
import { figure } from "./statistics.ts";

const ROWS = [8, 16, 32, 64];
/** Numbers of rows of which the median should cost little more than to read them. */
const FEW = [5, 9];
const RULES = ["geometric-median", "caf", "nnm+median", "multi-krum"];
/** Rows of `guarded-median`: 16 candidates and the own model. Compared with numpy.median over 16. */
const GUARDED_ROWS = 17;
const EXIT_USAGE = 2;

interface Result {
  readonly kernel: string;
  /** Own model included. */
  readonly n: number;
  readonly d: number;
  readonly threads: number;
  readonly ms: number | null;
  /** Of input. */
  readonly gbPerSecond: number | null;
  /** Time of the other / time here: numpy.median over as many rows; byzfl's same rule; ByzPy's; one thread; reading all inputs once. */
  readonly ratio: Readonly<Record<Library | "oneThread" | "readOnce", number | null>>;
  readonly reference?: "measured" | "recorded";
  /** Most memory beside inputs and output. */
  readonly extraBytes?: number;
}

const program = new Command("bench:aggregate")
  .description("Benchmarks of the aggregation kernels. Takes about four minutes, progress goes to standard error.")
  .option("--quick", "vectors of 1e5, and of 1e6 for threads: to try it out")
  .option("--json", "print a JSON array only, no table")
  .addHelpText(
    "after",
    `
JSON: [{kernel, n, d, threads, ms, gbPerSecond, ratio: {numpy, byzfl, byzpy, oneThread, readOnce}, reference, extraBytes}].
HEARSAY_PYTHON: a Python that has numpy, and byzfl and byzpy where possible (default python3); else recorded times are used.

Examples:
  $ HEARSAY_PYTHON=venv/bin/python npm run bench:aggregate
  $ npm run --silent bench:aggregate -- --json > bench-aggregate.json
`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parse();
const options = program.opts<{ quick?: boolean; json?: boolean }>();
const d = options.quick === true ? 100_000 : 1_000_000;

/** Models, and the passes of one thread that has them in the memory of its kernels, as in the worker of an engine. */
function drawPlaced(n: number): { rows: Float32Array[]; passes: Passes } {
  const { memory, rows } = drawShared(n, d, 1);
  return { rows, passes: passesBy(workspaceIn(memory, 0)) };
}

const results: Result[] = [];
for (const n of FEW) {
  const { rows, passes } = drawPlaced(n);
  const [once, median] = [readOnce(rows.map((row) => row.slice())), passCases(rows, passes).median as () => unknown];
  note("median", n, leastMs(median), { readOnce: leastMs(once) });
}
for (const n of ROWS) {
  const { reference, ms: theirs } = references(n, d, liarsAmongRows(n));
  const { rows, passes } = drawPlaced(n);
  const works = {
    ...passCases(rows, passes),
    ...Object.fromEntries(RULES.map((name) => [name, ruleCase(name, rows, passes)])),
  };
  const numpy = theirs("numpy", "median");
  for (const [kernel, work] of Object.entries(works)) {
    const same = kernel === "nnm+median" ? "nnm" : kernel;
    note(kernel, n, leastMs(work), { numpy, byzfl: theirs("byzfl", same), byzpy: theirs("byzpy", same) }, reference);
  }
  if (n === GUARDED_ROWS - 1) {
    const guarded = drawPlaced(GUARDED_ROWS);
    const ms = leastMs(ruleCase("guarded-median", guarded.rows, guarded.passes));
    note("guarded-median", GUARDED_ROWS, ms, { numpy }, reference);
  }
}
large(10 * d);

if (options.json === true) process.stdout.write(`${JSON.stringify(results)}\n`);
else {
  const head = [
    "kernel",
    "rows",
    "d",
    "threads",
    "ms",
    "GB/s",
    "numpy",
    "byzfl",
    "byzpy",
    "1 thread",
    "read once",
    "extra MB",
  ];
  const lines = results.map(({ kernel, n, d, threads, ms, gbPerSecond, ratio, extraBytes }) => {
    const { numpy, byzfl, byzpy, oneThread, readOnce } = ratio;
    const extra = extraBytes === undefined ? null : figure(extraBytes / 1e6);
    return [kernel, n, d, threads, ms, gbPerSecond, numpy, byzfl, byzpy, oneThread, readOnce, extra].map((cell) =>
      String(cell ?? "-"),
    );
  });
  process.stdout.write(`${table(head, lines)}\n`);
  const kinds = new Set(results.map(({ reference }) => reference).filter((kind) => kind !== undefined));
  process.stdout.write(`Ratios: time of the other / time here. References: ${[...kinds].join(", ")}.\n`);
}

function note(
  kernel: string,
  n: number,
  ms: number,
  others: Partial<Record<keyof Result["ratio"], number | undefined>>,
  reference?: Result["reference"],
  more: Pick<Result, "extraBytes"> & { d?: number; threads?: number } = {},
): void {
  const { numpy, byzfl, byzpy, oneThread, readOnce } = others;
  const times = { numpy, byzfl, byzpy, oneThread, readOnce };
  const ratios = Object.entries(times).map(([name, other]) => [name, other === undefined ? null : figure(other / ms)]);
  const ratio = Object.fromEntries(ratios) as Result["ratio"];
  const size = more.d ?? d;
  const gbPerSecond = figure((4 * n * size) / ms / 1e6);
  const compared = reference === undefined ? {} : { reference };
  results.push({ kernel, n, d: size, threads: 1, ms: figure(ms), gbPerSecond, ratio, ...compared, ...more });
  process.stderr.write(`${kernel}, ${n} rows of ${size}: ${ms.toFixed(2)} ms\n`);
}

/** What is found by the process for large models. */
function large(d: number): void {
  const script = fileURLToPath(new URL("./aggregate-large.ts", import.meta.url));
  const out = execFileSync(process.execPath, [script, String(d)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const alone = new Map<string, number>();
  for (const line of out.trim().split("\n")) {
    const found = JSON.parse(line) as { kernel: string; n: number; threads: number; ms: number; extraBytes?: number };
    const { kernel, n, threads, ms, extraBytes } = found;
    if (threads === 1) alone.set(kernel, ms);
    const oneThread = threads === 1 ? undefined : alone.get(kernel);
    note(kernel, n, ms, { oneThread }, undefined, { d, threads, ...(extraBytes !== undefined && { extraBytes }) });
  }
}
