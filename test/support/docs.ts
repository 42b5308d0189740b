/** Parts of the pages that are made from registries and tables: `npm run docs` writes them, a test holds that they are as they would be written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ENGINES } from "../../node/engines/registry.ts";
import { METRIC_ROWS } from "../../node/monitor/table.ts";
import { PRESET_NAMES, PRESETS } from "../../node/settings/preset-names.ts";
import { DEFAULTS, SETTINGS, type SettingRow, valueAt } from "../../node/settings/table.ts";

export const TOP: string = join(import.meta.dirname, "..", "..");

interface Block {
  /** From the top. */
  readonly page: string;
  readonly name: string;
  readonly text: string;
}

const settings = [...SETTINGS.values()];

/** Every block of every page. */
export function blocks(): Block[] {
  return [
    { page: "README.md", name: "engines", text: engineTable() },
    { page: "node/README.md", name: "settings", text: settingTable() },
    { page: "node/README.md", name: "presets", text: presetTable() },
    { page: "node/README.md", name: "metrics", text: metricTable() },
  ];
}

/** A page with its blocks as they should be. @throws Error where it lacks the marks of one. */
export function renewed(page: string): { readonly old: string; readonly text: string } {
  const old = readFileSync(join(TOP, page), "utf8");
  let text = old;
  for (const block of blocks().filter((one) => one.page === page)) {
    const [begin, end] = [`<!-- ${block.name}: made by npm run docs -->`, `<!-- end of ${block.name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page} has no block "${block.name}": put ${begin} and ${end} into it`);
    text = `${text.slice(0, from + begin.length)}\n${block.text}\n${text.slice(to)}`;
  }
  return { old, text };
}

function engineTable(): string {
  const rows = [...ENGINES.values()].map(({ name, runs, usedFor }) => [code(name), runs, usedFor]);
  return tableOf(["engine", "runs", "used for"], rows);
}

function settingTable(): string {
  const rows = settings.map((row) => [
    code(row.path),
    code(row.variable),
    row.flag === undefined ? "" : code(row.flag.split(" ")[0] as string),
    defaultText(row),
    row.help.replaceAll("<", "\\<"),
  ]);
  return tableOf(["setting", "environment", "flag", "default", "meaning"], rows);
}

function presetTable(): string {
  const rows = settings.flatMap(({ path, unit, presets = {} }) =>
    PRESET_NAMES.flatMap((name) => {
      const preset = presets[name];
      return preset === undefined ? [] : [[code(name), code(path), valueText(preset.value, unit), preset.why]];
    }),
  );
  const kinds = PRESET_NAMES.map((name) => `* \`${name}\`: ${PRESETS[name]}.`).join("\n");
  const sorted = PRESET_NAMES.flatMap((name) => rows.filter(([first]) => first === code(name)));
  return `${kinds}\n\n${tableOf(["preset", "setting", "value", "because"], sorted)}`;
}

function metricTable(): string {
  const rows = METRIC_ROWS.map(({ name, kind, labels = {}, help }) => [
    code(name),
    kind,
    Object.entries(labels)
      .map(([label, values]) => `${code(label)}: ${typeof values === "string" ? values : valuesText(values)}`)
      .join("; "),
    help,
  ]);
  return tableOf(["metric", "kind", "labels", "meaning"], rows);
}

/** A long set is told by its ends. */
function valuesText(values: readonly string[]): string {
  if (values.length <= 8) return values.join(", ");
  return `${values.slice(0, 2).join(", ")} ... ${values.at(-1)} (${values.length})`;
}

function defaultText(row: SettingRow): string {
  const value = valueAt(DEFAULTS, row.path);
  return value === undefined ? (row.otherwise ?? "") : valueText(value, row.unit);
}

function valueText(value: unknown, unit: string | undefined): string {
  if (typeof value === "number") return `${value.toLocaleString("en-US")}${unit === undefined ? "" : ` ${unit}`}`;
  return code(Array.isArray(value) ? `[${value.join(", ")}]` : String(value));
}

function code(text: string): string {
  return `\`${text}\``;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n").replaceAll("|  |", "| |");
}
