/** `hearsay data agree`: writes mean and spread on which sites agree into a task file. */
import { readFile } from "node:fs/promises";
import type { Document } from "yaml";
import { toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";
import { nodeCrypto } from "../../crypto.ts";
import { roundedBeside } from "../../data/number.ts";
import { type AgreedColumn, agree } from "../../data/statistics/agree.ts";
import { readStatistics, type SiteStatistics } from "../../data/statistics/statement.ts";
import { readTaskFile } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { taskDocument, taskText } from "../../task-document.ts";
import { facts, printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface AgreeOptions {
  readonly output?: string;
  readonly signed?: boolean;
  readonly json?: boolean;
}

type Site = SiteStatistics & { readonly file: string };

/** Digits beyond the spread. */
const DIGITS = 6;
/** With fewer, one site is the middle, or half of it. */
const FEW = 3;
const MAX_ROWS = 30;

export async function run(taskFile: string, files: readonly string[], options: AgreeOptions): Promise<void> {
  const task = await readTaskFile(taskFile);
  const sites: Site[] = await Promise.all(files.map(async (file) => ({ file, ...(await readStatistics(file)) })));
  const unsigned = sites.find(({ signer }) => signer === undefined);
  if (options.signed && unsigned !== undefined)
    throw new HearsayError("ERR_SIGNATURE", `${unsigned.file} is not signed, and --signed wants all to be`);
  const agreed = agree(sites);
  refuseOtherColumns(task, agreed, taskFile);
  const document = taskDocument(await readFile(taskFile, "utf8"));
  write(document, task, agreed, sites);
  const text = taskText(document);
  const taskId = toHex(nodeCrypto.sha256(encodeTask(parseTask(document.toJS()))));
  const output = options.output ?? taskFile;
  await writeOutput(output, text, options.output === undefined ? "<task>" : "--output");
  if (options.json)
    printJson({
      file: output,
      taskId,
      sites: sites.map(({ file, signer = null }) => ({ file, signer })),
      columns: agreed,
    });
  else print(`${inWords(output, taskId, sites, agreed)}\n`);
}

function refuseOtherColumns({ input, output }: Task, agreed: readonly AgreedColumn[], file: string): void {
  const targets = output.kind === "regression" ? output.targets : [];
  const names = [...input.features.map((name) => `feature ${name}`), ...targets.map((name) => `target ${name}`)];
  const found = agreed.map(({ use, name }) => `${use} ${name}`);
  if (input.features.length > 0 && JSON.stringify(names) === JSON.stringify(found)) return;
  throw new HearsayError(
    "ERR_DATA",
    `the files speak of other columns than ${file} names in input.features: make them with this task file`,
  );
}

function write(document: Document, task: Task, agreed: readonly AgreedColumn[], sites: readonly Site[]): void {
  const flow = (values: readonly number[]) => document.createNode(values, { flow: true });
  const of = (use: AgreedColumn["use"]) => agreed.filter((column) => column.use === use);
  const masks = task.input.missingPolicy === "mask" ? of("feature") : []; // seen as they are
  document.setIn(["input", "mean"], flow([...of("feature").map(meanOf), ...masks.map(() => 0)]));
  document.setIn(["input", "std"], flow([...of("feature").map(stdOf), ...masks.map(() => 1)]));
  if (task.output.kind === "regression") {
    document.setIn(["output", "mean"], flow(of("target").map(meanOf)));
    document.setIn(["output", "std"], flow(of("target").map(stdOf)));
  }
  const who = sites
    .map(({ signer, file }) => ` mean and std agreed with ${signer ?? `${file}, not signed`}`)
    .join("\n");
  document.comment = [document.comment, who].filter((part) => part != null && part !== "").join("\n");
}

function meanOf({ mean, std }: AgreedColumn): number {
  return roundedBeside(mean, std, DIGITS);
}

function stdOf({ std }: AgreedColumn): number {
  return Number(std.toPrecision(DIGITS));
}

function inWords(output: string, taskId: string, sites: readonly Site[], agreed: readonly AgreedColumn[]): string {
  const head = facts([
    ["wrote", output],
    ["task", taskId],
    ...sites.map(({ file, signer }): [string, string] => ["site", `${file}: ${signer ?? "not signed"}`]),
  ]);
  const rows = agreed
    .slice(0, MAX_ROWS)
    .map((column, i) => [
      ...[column.name, column.use, `${meanOf(column)} ± ${stdOf(column)}`],
      sites.map(({ columns }) => String(roundedBeside(columns[i]?.mean ?? 0, column.std, 3))).join(", "),
    ]);
  if (agreed.length > MAX_ROWS) rows.push([`and ${agreed.length - MAX_ROWS} more`, "", "", ""]);
  const few =
    sites.length < FEW
      ? [`note  ${counted(sites.length, "site")}: from 3 on the middle stands against one that is wrong`]
      : [];
  return [head, table(["column", "used as", "agreed", "means of the sites"], rows), ...few].join("\n");
}
