/** Options of the command line that are settings, made from the table; and the settings in the options of a command. */
import { type Command, Option } from "commander";
import { fromText } from "./setting.ts";
import { DEFAULTS, SETTINGS, type SettingRow, valueAt } from "./table.ts";

interface Wording {
  /** What it is in this command, where that is not what the table says. */
  readonly help?: string;
  readonly required?: boolean;
}

/** Adds the options of these settings, by path, in this order. */
export function addSettings(
  command: Command,
  paths: readonly string[],
  wording: Readonly<Record<string, Wording>> = {},
): Command {
  for (const path of paths) command.addOption(settingOption(path, wording[path]));
  return command;
}

/** Every setting that has a flag, in the order of the table. */
export const FLAGGED: readonly string[] = [...SETTINGS.values()].flatMap(({ path, flag }) =>
  flag === undefined ? [] : [path],
);

/** Where examples are, and how a table is to be read. */
export const DATA_PATHS: readonly string[] = [
  ...["data.path", "data.dataset", "data.label", "data.targets", "data.owner"],
  ...["data.columns", "data.drop", "data.missing", "data.encoding", "data.delimiter", "data.decimal"],
];

/** The settings among the options of a command, by path; a flag that was not given is undefined. */
export function settingsOf(options: object): Record<string, unknown> {
  const given = options as Readonly<Record<string, unknown>>;
  const settings: Record<string, unknown> = {};
  for (const path of FLAGGED) {
    const row = SETTINGS.get(path) as SettingRow;
    const option = new Option(row.flag as string);
    const value = given[option.attributeName()];
    if (option.negate) settings[path] = value === false ? false : undefined;
    else settings[path] = typeof value === "string" ? fromText(row.kind, value) : value;
  }
  return settings;
}

function settingOption(path: string, { help, required = false }: Wording = {}): Option {
  const row = SETTINGS.get(path);
  if (row?.flag === undefined) throw new TypeError(`the setting ${path} has no flag`);
  const separated = row.kind === "list" ? ", separated by commas" : "";
  const option = new Option(row.flag, help ?? `${row.flagHelp ?? row.help}${separated}${defaultNote(row)}`);
  return option.makeOptionMandatory(required);
}

function defaultNote({ path, kind, otherwise }: SettingRow): string {
  const value = valueAt(DEFAULTS, path);
  if (otherwise !== undefined) return ` (default: ${otherwise})`;
  const isPlain = kind === "text" || kind === "number";
  return isPlain && value !== undefined ? ` (default: ${value})` : "";
}
