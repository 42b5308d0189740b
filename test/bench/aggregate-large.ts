/**
 * A process of its own for `aggregate.ts`: rules over 16 models of d parameters, what memory they take beside inputs and output, and how
 * much faster two threads are. Prints one JSON object for each on standard output.
 */

import { createThreadedPasses, type ThreadedPasses } from "../../node/engines/threads.ts";
import { drawShared, leastMs, passCases, ruleCase } from "./aggregate-cases.ts";

const ROWS = 16;
const KIB = 1024;

const d = Number(process.argv[2]);
const { memory, rows } = drawShared(ROWS, d, 2);
const [alone, together] = [1, 2].map((threads) => createThreadedPasses(threads, memory)) as [
  ThreadedPasses,
  ThreadedPasses,
];

/** The most memory that this process has ever held. */
const peakBytes = () => process.resourceUsage().maxRSS * KIB;

for (const kernel of ["median", "guarded-median"]) {
  const work = kernel === "median" ? passCases(rows, alone.passes)[kernel] : ruleCase(kernel, rows, alone.passes);
  const before = process.memoryUsage.rss();
  const startMs = performance.now();
  work?.();
  const ms = performance.now() - startMs;
  print({ kernel, threads: 1, ms, extraBytes: Math.max(0, peakBytes() - before - 4 * d) });
}

for (const kernel of ["median", "gram", "guarded-median"])
  for (const [threads, { passes: by }] of [alone, together].entries()) {
    const work = kernel === "guarded-median" ? ruleCase(kernel, rows, by) : passCases(rows, by)[kernel];
    if (work !== undefined) print({ kernel, threads: threads + 1, ms: leastMs(work) });
  }
await together.close();

function print(found: object): void {
  process.stdout.write(`${JSON.stringify({ n: ROWS, d, ...found })}\n`);
}
