/** `hearsay data check`: a peer's data against its task, before it learns from them. */
import type { Task } from "../../../protocol/base/task.ts";
import { loadConfig } from "../../config.ts";
import { roundedBeside } from "../../data/number.ts";
import { type ColumnLook, type DataLook, isEmpty, lookAt } from "../../data/preflight/look.ts";
import { type Finding, preflight } from "../../data/preflight/registry.ts";
import { loadNamedSet } from "../../data/sets.ts";
import { loadPeerData } from "../../data/share.ts";
import { configPath, findTask } from "../../disk/state-dir.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { DataConfig } from "../../settings/table.ts";
import { onOutput } from "../../terminal/colours.ts";
import { percent, printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface CheckOptions extends SiteOptions {
  readonly task?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** What was found in one file. */
interface Checked {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly ColumnLook[];
  readonly findings: readonly Finding[];
}

const EXIT_FAILED = 1;
/** Rows of the table of columns; more say nothing at a glance. */
const MAX_ROWS = 30;

export async function run(options: CheckOptions): Promise<void> {
  const { data } = await loadConfig(options.config ?? configPath(options.state), process.env, settingsOf(options));
  const { task, taskId } = await findTask(options.state, options.task);
  const site = await openSite(options);
  const { files, warnings } = await site.read({ task, taskId, data, what: "look" }, () => examine(data, task));
  const findings = files.flatMap((file) => file.findings);
  const bad = data.strict === true ? findings : findings.filter(({ level }) => level === "failure");
  if (options.json) printJson({ task: task.name, strict: data.strict === true, ok: bad.length === 0, files, warnings });
  else print(`${[...files.map(inWords), ...warnings.map((warning) => `note  ${warning}`)].join("\n\n")}\n`);
  if (bad.length > 0) process.exitCode = EXIT_FAILED;
}

/** Every file that is read, also where it would then be refused. @throws HearsayError where one cannot be read at all. */
async function examine(
  config: DataConfig,
  task: Task,
): Promise<{ readonly files: readonly Checked[]; readonly warnings: readonly string[] }> {
  const files: Checked[] = [];
  const look = (seen: DataLook) => files.push(checkedOf(seen));
  if (config.path === undefined && config.dataset !== undefined) {
    look(lookAt(config.dataset, (await loadNamedSet(config.dataset)).train, task));
    return { files, warnings: [] };
  }
  try {
    const { warnings } = await loadPeerData(config, task, { examine: look });
    return { files, warnings };
  } catch (error) {
    const isTold = files.some(({ findings }) => findings.some(({ level }) => level === "failure"));
    if (!isTold) throw error; // what keeps the file from being read says more than any finding
    return { files, warnings: [] };
  }
}

function checkedOf(look: DataLook): Checked {
  return { path: look.path, rows: look.data.length, columns: look.columns, findings: preflight(look) };
}

function inWords({ path, rows, columns, findings }: Checked): string {
  const names = new Set(findings.flatMap(({ column }) => column ?? []));
  const cells = columns.slice(0, MAX_ROWS).map((column) => cellsOf(column, rows, names.has(column.name)));
  if (columns.length > MAX_ROWS) cells.push([`and ${columns.length - MAX_ROWS} more`, "", "", "", "", ""]);
  const drawn = table(["column", "used as", "missing", "here", "in the task", ""], cells);
  const told = findings.map(
    ({ level, check, what, remedy }) =>
      `${level === "failure" ? onOutput.red("failure") : onOutput.yellow("warning")}  ${check}: ${what}; ${remedy}`,
  );
  return [
    `${path}: ${rows} rows`,
    drawn,
    ...(told.length === 0 ? [`${onOutput.green("ok")}  nothing found`] : told),
  ].join("\n");
}

function cellsOf(column: ColumnLook, rows: number, isNamed: boolean): string[] {
  const { name, use, missing, mean, std, taskMean, taskStd, lowest, highest } = column;
  const figures = (centre: number, spread: number) =>
    `${roundedBeside(centre, spread, 3)} ± ${Number(spread.toPrecision(3))}`;
  const here = lowest === highest ? `always ${Number(lowest.toPrecision(6))}` : figures(mean, std);
  return [
    ...[name, use, missing === 0 ? "" : percent(missing / rows)],
    ...[isEmpty(column) ? "no reading" : here, figures(taskMean, taskStd), isNamed ? onOutput.yellow("look") : ""],
  ];
}
