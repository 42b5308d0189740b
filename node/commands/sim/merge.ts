/** `hearsay sim merge`: the runs of several sweeps, such as the shards of one, in one directory with one table. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { readRun, runFiles } from "./files.ts";
import { groupTable } from "./print.ts";
import { writeTables } from "./tables.ts";

interface MergeOptions {
  readonly out: string;
  readonly json?: boolean;
}

/**
 * Nothing is written where a hash and seed has two results: another version of Hearsay, or another machine, came to another end,
 * and that must be known.
 */
export async function run(directories: readonly string[], options: MergeOptions): Promise<void> {
  const texts = new Map<string, { path: string; text: string }>();
  const conflicts: string[] = [];
  for (const directory of [...directories, options.out]) {
    const files = await runFiles(directory);
    if (files.length === 0 && directory !== options.out)
      throw new HearsayError("ERR_DATA", `${directory}: no runs; name directories of hearsay sim sweep`, { directory });
    for (const path of files) {
      await readRun(path); // a broken file would spread
      const text = await readFile(path, "utf8");
      const known = texts.get(basename(path));
      if (known === undefined) texts.set(basename(path), { path, text });
      else if (known.text !== text) conflicts.push(`${known.path} and ${path}`);
    }
  }
  if (conflicts.length > 0) {
    const message = `${conflicts.length} run(s) with the same hash and seed but other results; run one side again`;
    throw new HearsayError("ERR_DATA", `${message}:\n  ${conflicts.slice(0, 20).join("\n  ")}`, { conflicts });
  }
  for (const [name, { path, text }] of texts) {
    const target = join(options.out, "runs", name);
    if (path !== target) await writeOutput(target, text, "--out");
  }
  const { groups, files } = await writeTables(options.out);
  if (options.json) printJson({ out: options.out, runs: texts.size, groups: groups.length });
  else print(`${groupTable(groups)}\n${texts.size} runs\n\n${files.join("\n")}\n`);
}
