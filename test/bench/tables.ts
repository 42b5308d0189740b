/**
 * Reading a table as `hearsay init --data` does it, up to the text of the task: CPU time of the process, all threads, and the most memory that it
 * ever held, Node itself included. Each size is compared with half of it: a ratio of 2 is linear. Shapes go from narrow and small to large, since the memory
 * of a process only grows.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseDocument } from "yaml";
import { fillFromData } from "../../node/commands/peer/init-data.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { cpuMs, figure } from "./statistics.ts";

/** [rows, columns]; each second one is the double of the one before. */
const SHAPES: readonly (readonly [rows: number, columns: number])[] = [
  [20, 50_000],
  [20, 100_000],
  [500_000, 10],
  [1_000_000, 10],
];

export const benchmark: Benchmark = {
  title: "reading a table of random numbers, as hearsay init does; ratio to half as many columns or rows (2 is linear)",
  async run(scratch) {
    const rows: Row[] = [];
    let before = Number.NaN;
    for (const [i, [length, width]] of SHAPES.entries()) {
      const path = join(scratch, `${length}x${width}.csv`);
      const bytes = await writeTable(path, length, width);
      const [startedMs, startedCpuMs] = [performance.now(), cpuMs()];
      const document = parseDocument(TEMPLATES.csv.yaml);
      await fillFromData(document, { path });
      document.toString({ lineWidth: 120 });
      const cpu = cpuMs() - startedCpuMs;
      rows.push({
        rows: length,
        columns: width,
        megabytes: figure(bytes / 1e6),
        cpuSeconds: figure(cpu / 1000),
        wallSeconds: figure((performance.now() - startedMs) / 1000),
        ratio: i % 2 === 1 ? figure(cpu / before) : null,
        peakMegabytes: figure(process.resourceUsage().maxRSS / 1000),
      });
      before = cpu;
    }
    return { rows, notes: [] };
  },
};

async function writeTable(path: string, length: number, width: number): Promise<number> {
  const file = createWriteStream(path);
  const rng = createRng(path);
  file.write(`${Array.from({ length: width }, (_, column) => `column_${column}`).join()},label\n`);
  for (let row = 0; row < length; row++) {
    const values = Array.from({ length: width }, () => (100 * rng.uniform()).toFixed(4));
    if (!file.write(`${values.join()},${"xyz"[row % 3]}\n`)) await once(file, "drain");
  }
  file.end();
  await finished(file);
  return file.bytesWritten;
}
