/**
 * Configuration of a peer on this machine: `config.yaml` in the state directory, then environment variables, then flags, the
 * later ones first in rank; a preset stands below all of them. The settings themselves are rows of `settings/table.ts`.
 */
import { readFile } from "node:fs/promises";
import { HearsayError } from "../protocol/base/errors.ts";
import { type Fault, faultsOf } from "../protocol/base/faults.ts";
import { withNearest } from "./settings/nearest.ts";
import { PRESETS, type PresetName } from "./settings/preset-names.ts";
import { fromText } from "./settings/setting.ts";
import { type Config, configSchema, SETTINGS, valueAt } from "./settings/table.ts";
import { readYaml } from "./task-yaml.ts";

type Tree = { [key: string]: unknown };
type Environment = Readonly<Record<string, string | undefined>>;

/** Where the value of a setting came from; `name` is that of the flag, variable, file or preset. */
export interface Origin {
  readonly kind: "flag" | "environment" | "file" | "preset" | "default";
  readonly name?: string;
}

export interface EffectiveConfig {
  readonly config: Config;
  /** Of every setting, by its path. */
  readonly origins: ReadonlyMap<string, Origin>;
}

const RIVALS: Readonly<Record<string, string>> = { "data.path": "data.dataset", "data.dataset": "data.path" };
const DEFAULT: Origin = { kind: "default" };

/**
 * The configuration from a file (may be missing), the environment and flags (settings by path, e.g. "data.path").
 * @throws HearsayError ERR_CONFIG with all faults at once: path, value, remedy.
 */
export async function loadConfig(
  file: string | undefined,
  environment: Environment,
  flags: Readonly<Record<string, unknown>>,
): Promise<Config> {
  return (await loadEffective(file, environment, flags)).config;
}

/** As `loadConfig`, and where every value came from. */
export async function loadEffective(
  file: string | undefined,
  environment: Environment,
  flags: Readonly<Record<string, unknown>>,
): Promise<EffectiveConfig> {
  const tree: Tree = (file === undefined ? undefined : await readTree(file)) ?? {};
  const origins = new Map<string, Origin>();
  for (const path of SETTINGS.keys())
    if (valueAt(tree, path) !== undefined)
      origins.set(path, { kind: "file", ...(file !== undefined && { name: file }) });
  const override = (path: string, value: unknown, origin: Origin) => {
    const rival = RIVALS[path];
    if (rival !== undefined) {
      const other = origins.get(rival);
      if (other?.kind === origin.kind && origin.kind !== "file") throw rivals(origin.name, other.name);
      assign(tree, rival, undefined); // a file of data takes back a shipped set that a lower rank named, and the other way round
      origins.delete(rival);
    }
    assign(tree, path, value);
    origins.set(path, origin);
  };
  for (const { path, variable, kind } of SETTINGS.values()) {
    const text = environment[variable];
    if (text !== undefined && text !== "")
      override(path, fromText(kind, text), { kind: "environment", name: variable });
  }
  for (const [path, value] of Object.entries(flags)) {
    const name = SETTINGS.get(path)?.flag?.split(" ")[0] ?? path;
    if (value !== undefined) override(path, value, { kind: "flag", name });
  }
  applyPreset(tree, origins);
  const config = checked(tree, file, "the configuration");
  return { config, origins: new Map([...SETTINGS.keys()].map((path) => [path, origins.get(path) ?? DEFAULT])) };
}

/**
 * Checks a file by itself, as `hearsay config check` does.
 * @throws HearsayError ERR_CONFIG with all faults at once, also where there is no such file.
 */
export async function checkConfigFile(
  file: string,
): Promise<{ readonly settings: number; readonly preset?: PresetName }> {
  const tree = await readTree(file);
  if (tree === undefined) throw new HearsayError("ERR_CONFIG", `${file}: there is no such file`, { file });
  const settings = [...SETTINGS.keys()].filter((path) => valueAt(tree, path) !== undefined).length;
  const { preset } = checked(tree, file, file);
  return { settings, ...(preset !== undefined && { preset }) };
}

/** Both of one rank: neither can take the other back. */
function rivals(one = "", other = ""): HearsayError {
  return new HearsayError(
    "ERR_CONFIG",
    `${other} and ${one}: give one of the two, a file of your own or a shipped set`,
  );
}

/** Values of the preset for what nothing else sets. */
function applyPreset(tree: Tree, origins: Map<string, Origin>): void {
  const { preset } = tree;
  if (typeof preset !== "string" || !Object.hasOwn(PRESETS, preset)) return; // the schema says so
  for (const { path, presets = {} } of SETTINGS.values()) {
    const value = presets[preset as PresetName];
    const parent = path.includes(".") ? tree[path.split(".")[0] as string] : undefined;
    if (value === undefined || origins.has(path) || parent === null) continue; // an empty section is a fault, and stays one
    assign(tree, path, value.value);
    origins.set(path, { kind: "preset", name: preset });
  }
}

function checked(tree: Tree, file: string | undefined, what: string): Config {
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const faults: readonly Fault[] = withNearest(faultsOf(parsed.error, tree), parsed.error);
  const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n");
  throw new HearsayError("ERR_CONFIG", `${what} has ${faults.length} fault(s):\n${list}`, { faults, file });
}

/** Undefined where there is no such file. */
async function readTree(file: string): Promise<Tree | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new HearsayError("ERR_CONFIG", `cannot read ${file}: ${(error as Error).message}`, { file }, error);
  }
  let tree: unknown;
  try {
    tree = (readYaml(text) ?? { value: await parsedSlowly(text) }).value ?? {};
  } catch (error) {
    throw new HearsayError("ERR_CONFIG", `${file} is not YAML: ${(error as Error).message}`, { file }, error);
  }
  if (typeof tree === "object" && tree !== null && !Array.isArray(tree)) return tree as Tree;
  throw new HearsayError("ERR_CONFIG", `${file} has no settings at the top, such as "listen: [...]"`, { file });
}

/** The parser that says line and column of a fault; 110 kB of code, which a peer whose file has none need not hold. */
async function parsedSlowly(text: string): Promise<unknown> {
  const { default: yaml } = await import("yaml"); // CommonJS: the bundle has no other name of it
  return yaml.parse(text, { logLevel: "error" });
}

/** Sets a value by its path. */
function assign(tree: Tree, path: string, value: unknown): void {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const branch = tree[head];
  if (typeof branch !== "object" || branch === null) tree[head] = {};
  assign(tree[head] as Tree, rest.join("."), value);
}
