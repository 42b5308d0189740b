/** `hearsay config show`: what a peer would run with, and where each value came from. */
import { loadEffective, type Origin } from "../../config.ts";
import { configPath } from "../../disk/state-dir.ts";
import { settingsOf } from "../../settings/flags.ts";
import { unknownVariables } from "../../settings/nearest.ts";
import { SETTINGS, type SettingRow, valueAt } from "../../settings/table.ts";
import { onErrors, onOutput } from "../../terminal/colours.ts";
import { printJson, table } from "../../terminal/print.ts";
import { outputColumns, print, tell } from "../../terminal/terminal.ts";

interface ShowOptions {
  readonly state: string;
  readonly config?: string;
  readonly json?: boolean;
}

export async function run(options: ShowOptions): Promise<void> {
  const file = options.config ?? configPath(options.state);
  const { config, origins } = await loadEffective(file, process.env, settingsOf(options));
  for (const name of unknownVariables(process.env)) tell(`${onErrors.yellow("note:")} no setting reads ${name}\n`);
  const rows = [...SETTINGS.values()].map((row) => ({
    row,
    value: valueAt(config, row.path),
    origin: origins.get(row.path) as Origin,
  }));
  if (options.json) {
    const entries = rows.map(({ row, value = null, origin: { kind, name } }) => [
      row.path,
      {
        value,
        from: kind,
        ...(name !== undefined && { name }),
        variable: row.variable,
        flag: flagOf(row) ?? null,
      },
    ]);
    printJson(Object.fromEntries(entries));
    return;
  }
  const cells = rows.map(({ row, value, origin }) => [row.path, valueText(row, value), originText(origin)]);
  const drawn = table(["setting", "value", "from"], cells);
  print(`${widthOf(drawn) > (outputColumns() ?? Number.POSITIVE_INFINITY) ? asLines(cells) : drawn}\n`);
}

/** For a window that is narrower than the table. */
function asLines(cells: readonly (readonly string[])[]): string {
  return cells
    .map(([setting = "", value = "", from = ""]) => `${setting}: ${value.replaceAll("\n", ", ")}  (${from})`)
    .join("\n");
}

/** In characters: the border above a table has no colours. */
function widthOf(drawn: string): number {
  return drawn.split("\n", 1)[0]?.length ?? 0;
}

/** Without what stands for its value. */
function flagOf({ flag }: SettingRow): string | undefined {
  return flag?.split(" ")[0];
}

function valueText({ unit, otherwise }: SettingRow, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return onOutput.dim(otherwise ?? "-");
  const parts = Array.isArray(value) ? value : [value === "\t" ? "tab" : value];
  return `${parts.join("\n")}${unit === undefined ? "" : ` ${unit}`}`;
}

function originText({ kind, name = "" }: Origin): string {
  switch (kind) {
    case "default":
      return onOutput.dim("default");
    case "preset":
      return `preset ${name}`;
    default:
      return name;
  }
}
