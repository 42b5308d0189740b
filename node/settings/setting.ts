/** What a setting is: one row of the table (`table.ts`), from which config file, environment, flags, help and README come. */
import type * as z from "zod";
import type { PresetName } from "./preset-names.ts";

export interface Setting {
  /** The value in `config.yaml`, with its default. */
  readonly schema: z.ZodType;
  /** One line: what it is. */
  readonly help: string;
  /** As on the command line, where it has a place there: `--min-cycle <ms>`. */
  readonly flag?: string;
  /** What the flag does, where it says the contrary of the setting. */
  readonly flagHelp?: string;
  /** Of the value, where it is a quantity. */
  readonly unit?: string;
  /** In words: what holds where nothing is given and there is no default. */
  readonly otherwise?: string;
  /** Values for kinds of networks and machines, where they differ from the default. */
  readonly presets?: Readonly<Partial<Record<PresetName, PresetValue>>>;
}

export interface PresetValue {
  readonly value: unknown;
  /** Why that kind of network or machine wants it. */
  readonly why: string;
}

export type Group = Readonly<Record<string, Setting>>;

/** How a value is written on a command line: a list is separated by commas, a switch is true or false. */
export type SettingKind = "text" | "number" | "switch" | "list";

export function kindOf(schema: z.ZodType): SettingKind {
  const { type, innerType } = schema.def as { readonly type: string; readonly innerType?: z.ZodType };
  if (innerType !== undefined) return kindOf(innerType);
  if (type === "number") return "number";
  if (type === "boolean") return "switch";
  return type === "array" ? "list" : "text";
}

/** A value of a setting from a text. What cannot be converted stays text, for the schema to report. */
export function fromText(kind: SettingKind, text: string): unknown {
  if (kind === "list") return text.split(",").map((part) => part.trim());
  if (kind === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (kind === "switch" && /^(true|false|1|0)$/.test(text)) return text === "true" || text === "1";
  return text;
}
