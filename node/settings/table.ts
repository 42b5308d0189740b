/**
 * The settings of a peer on this machine: one table, a row each. One more setting is its row in one of the groups; config file, environment,
 * flags, help, README (`npm run docs`) and JSON Schema follow. What peers must agree on is in the task manifest instead.
 */
import * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";
import { data } from "./data.ts";
import { leaf } from "./leaf.ts";
import { peer } from "./peer.ts";
import { release } from "./release.ts";
import { retention } from "./retention.ts";
import { saving } from "./saving.ts";
import { select } from "./select.ts";
import { type Group, kindOf, type Setting, type SettingKind } from "./setting.ts";
import { stream } from "./stream.ts";
import { trainer } from "./trainer.ts";

type Shape<G extends Group> = { readonly [Name in keyof G]: G[Name]["schema"] };

/** The schemas of a group, with what each setting is as its description. */
function shapeOf<G extends Group>(group: G): Shape<G> {
  const described = Object.entries(group).map(([name, { schema, help }]) => [name, schema.describe(help)]);
  return Object.fromEntries(described) as Shape<G>;
}

/** `config.yaml`. */
export const configSchema = z.strictObject({
  ...shapeOf(peer),
  release: z.strictObject(shapeOf(release)).describe("what matters where the task has release keys").prefault({}),
  leaf: z.strictObject(shapeOf(leaf)).describe("the radio that answers leaves").prefault({}),
  saving: z
    .strictObject(shapeOf(saving))
    .describe("what waits for mains power, and for links that nobody pays for")
    .prefault({}),
  select: z.strictObject(shapeOf(select)).describe("whom this peer asks for models first").prefault({}),
  retention: z.strictObject(shapeOf(retention)).describe("which bodies are kept for audits").prefault({}),
  trainer: z.strictObject(shapeOf(trainer)).describe("a trainer in a process of its own").prefault({}),
  data: z
    .strictObject(shapeOf(data))
    .describe("where the examples are, and which part of them this peer holds")
    .superRefine(({ path, dataset }, context) => {
      if (path === undefined || dataset === undefined) return;
      context.addIssue({ code: "custom", message: `path (${path}) and dataset (${dataset}) are both set; remove one` });
    })
    .meta({ not: { required: ["path", "dataset"] } })
    .prefault({}),
  stream: z.strictObject(shapeOf(stream)).describe("rows that go on coming").prefault({}),
});

/** A complete configuration. */
export type Config = Immutable<z.output<typeof configSchema>>;

/** Where a peer's data are, and which part of them it holds. */
export type DataConfig = Config["data"];

/** A row, with what follows from its place. */
export interface SettingRow extends Setting {
  /** In `config.yaml`: `data.path`. */
  readonly path: string;
  /** Environment variable: `HEARSAY_DATA_PATH`. */
  readonly variable: string;
  readonly kind: SettingKind;
}

const GROUPS: readonly (readonly [prefix: string, group: Group])[] = [
  ["", peer],
  ["release.", release],
  ["leaf.", leaf],
  ["saving.", saving],
  ["select.", select],
  ["trainer.", trainer],
  ["retention.", retention],
  ["data.", data],
  ["stream.", stream],
];

/** Every setting, by its path. */
export const SETTINGS: ReadonlyMap<string, SettingRow> = new Map(
  GROUPS.flatMap(([prefix, group]) =>
    Object.entries(group).map(([name, setting]) => {
      const path = prefix + name;
      return [path, { ...setting, path, variable: variableOf(path), kind: kindOf(setting.schema) }] as const;
    }),
  ),
);

/** What holds where nothing is configured. */
export const DEFAULTS: Config = configSchema.parse({});

/** The value of a setting in a configuration, or in anything of its form. */
export function valueAt(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (at, key) => (typeof at === "object" ? (at as Record<string, unknown> | null)?.[key] : undefined),
      tree,
    );
}

function variableOf(path: string): string {
  return `HEARSAY_${path.replace(/[A-Z]/g, "_$&").replaceAll(".", "_").toUpperCase()}`;
}
