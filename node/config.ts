/**
 * Configuration of a peer on this machine: `config.yaml` in the state directory, then environment variables, then flags, the
 * later ones first in rank. What peers must agree on is in the task manifest instead.
 */
import { readFile } from "node:fs/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { parse } from "yaml";
import * as z from "zod";
import { HearsayError } from "../protocol/base/errors.ts";
import { faultsOf } from "../protocol/task/manifest-bounds.ts";
import { DELIMITERS, type Delimiter } from "./data/csv-dialect.ts";
import type { NameList } from "./data/name-list.ts";
import type { Retention } from "./disk/archive.ts";

/** A multiaddr over TCP. */
const address = z.string().refine(isAddress, "is no multiaddr, such as /ip4/0.0.0.0/tcp/4001");
/** A text as on the command line, or a list; numbers are names, too. */
const plain = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);
const names = z.union([plain, z.array(plain)]);
const share = z.string().regex(/^[1-9]\d*\/[1-9]\d*$/, 'has the form "2/8": the second of eight shares');

const schema = z.strictObject({
  listen: z.array(address).min(1).default(["/ip4/0.0.0.0/tcp/0"]),
  bootstrap: z.array(address).default([]),
  mdns: z.boolean().default(true),
  maxOutbound: z.int().min(1).max(300).default(32),
  minCycleMs: z.int().min(0).max(86_400_000).default(1000),
  engine: z.enum(["auto", "dense", "tensorflow"]).default("auto"),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  retention: z
    .strictObject({
      // 5,000 merges of 8 models; looked through in about a second at start
      count: z.int().min(0).max(10_000_000).default(50_000),
      // the same of a model of 2,400 parameters, or 8 merges of one of 1.5 million
      megabytes: z.number().min(0).max(100_000_000).default(512),
      // whoever doubts a peer asks within a week
      hours: z.number().min(0).max(1_000_000).default(168),
      // 2 TB a year: an SD card of 32 GB, good for 1,000 rewritings, lasts 15 years
      megabytesPerMinute: z.number().min(0).max(1_000_000).default(4),
      // authors may be gone when somebody asks
      inputs: z.boolean().default(true),
    })
    .prefault({}),
  data: z
    .strictObject({
      path: z.string().optional(),
      dataset: z.string().optional(),
      targets: z.string().optional(),
      label: z.string().optional(),
      owner: z.string().optional(),
      columns: names.optional(),
      drop: names.optional(),
      missing: names.optional(),
      encoding: z.string().optional(),
      delimiter: z
        .preprocess((text) => (text === "tab" || text === "\\t" ? "\t" : text), z.enum(DELIMITERS))
        .optional(),
      decimal: z.enum(["point", "comma"]).optional(),
      holdoutPath: z.string().optional(),
      holdout: z.number().min(0).max(0.9).default(0.2),
      holdoutBy: z.enum(["chance", "time"]).default("chance"),
      share: share.optional(),
      partition: z.string().default("iid"),
      seed: z.int().min(0).default(1),
    })
    .prefault({}),
});

/** Where a peer's data are, and which part of them it holds. */
export interface DataConfig {
  /** A file of one's own: .csv, .tsv, .npy or .safetensors. */
  readonly path?: string | undefined;
  /** Or a set that is shipped: digits, motes, mnist. */
  readonly dataset?: string | undefined;
  /** The .npy file of targets that goes with a .npy file of inputs. */
  readonly targets?: string | undefined;
  /** Column of the class in a CSV file; default "label". A regression's columns are named in the task. */
  readonly label?: string | undefined;
  /** Column that names the natural owner of a row. */
  readonly owner?: string | undefined;
  /** Columns to use as features, where the task does not name them; else the same ones. */
  readonly columns?: NameList | undefined;
  /** Columns to leave out; #3 is the third. */
  readonly drop?: NameList | undefined;
  /** Values that mean "no reading", beside those of the task; "empty" is an empty field. */
  readonly missing?: NameList | undefined;
  /** Of a text file, where it is not certain. */
  readonly encoding?: string | undefined;
  readonly delimiter?: Delimiter | undefined;
  readonly decimal?: "point" | "comma" | undefined;
  /** A file with the hold-out; without it a fraction of the data is held out. */
  readonly holdoutPath?: string | undefined;
  readonly holdout: number;
  /** `chance`: rows drawn by the seed, every class in proportion; `time`: the last rows of each owner, rows being in order of time. */
  readonly holdoutBy: "chance" | "time";
  /** "2/8": train on the second of eight shares, for trials on one data set. */
  readonly share?: string | undefined;
  /** How shares are cut: iid, dirichlet:<alpha>, label-dirichlet:<alpha>, shards:<per peer>, owner. */
  readonly partition: string;
  readonly seed: number;
}

export interface Config {
  readonly listen: readonly string[];
  readonly bootstrap: readonly string[];
  readonly mdns: boolean;
  readonly maxOutbound: number;
  /** Shortest time between two trainings, ms. */
  readonly minCycleMs: number;
  readonly engine: "auto" | "dense" | "tensorflow";
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** Which bodies are kept for audits. */
  readonly retention: Retention;
  readonly data: DataConfig;
}

type Tree = { [key: string]: unknown };

/** Environment variables, and the setting that each overrides. Lists are separated by commas. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  HEARSAY_LISTEN: "listen",
  HEARSAY_BOOTSTRAP: "bootstrap",
  HEARSAY_MDNS: "mdns",
  HEARSAY_MAX_OUTBOUND: "maxOutbound",
  HEARSAY_MIN_CYCLE_MS: "minCycleMs",
  HEARSAY_ENGINE: "engine",
  HEARSAY_LOG_LEVEL: "logLevel",
  HEARSAY_RETENTION_COUNT: "retention.count",
  HEARSAY_RETENTION_MEGABYTES: "retention.megabytes",
  HEARSAY_RETENTION_HOURS: "retention.hours",
  HEARSAY_RETENTION_MEGABYTES_PER_MINUTE: "retention.megabytesPerMinute",
  HEARSAY_RETENTION_INPUTS: "retention.inputs",
  HEARSAY_DATA_PATH: "data.path",
  HEARSAY_DATA_DATASET: "data.dataset",
  HEARSAY_DATA_TARGETS: "data.targets",
  HEARSAY_DATA_LABEL: "data.label",
  HEARSAY_DATA_OWNER: "data.owner",
  HEARSAY_DATA_COLUMNS: "data.columns",
  HEARSAY_DATA_DROP: "data.drop",
  HEARSAY_DATA_MISSING: "data.missing",
  HEARSAY_DATA_ENCODING: "data.encoding",
  HEARSAY_DATA_DELIMITER: "data.delimiter",
  HEARSAY_DATA_DECIMAL: "data.decimal",
  HEARSAY_DATA_HOLDOUT_PATH: "data.holdoutPath",
  HEARSAY_DATA_HOLDOUT: "data.holdout",
  HEARSAY_DATA_HOLDOUT_BY: "data.holdoutBy",
  HEARSAY_DATA_SHARE: "data.share",
  HEARSAY_DATA_PARTITION: "data.partition",
  HEARSAY_DATA_SEED: "data.seed",
};

const RIVALS: Readonly<Record<string, string>> = { "data.path": "data.dataset", "data.dataset": "data.path" };
const LISTS = new Set(["listen", "bootstrap"]);
const NUMBERS = new Set([
  ...["maxOutbound", "minCycleMs", "data.holdout", "data.seed"],
  ...["count", "megabytes", "hours", "megabytesPerMinute"].map((name) => `retention.${name}`),
]);
const FLAGS = new Set(["mdns", "retention.inputs"]);

/**
 * The configuration from a file (may be missing), the environment and flags (settings by path, e.g. "data.path").
 * @throws HearsayError ERR_CONFIG with all faults at once: path, value, remedy.
 */
export async function loadConfig(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>>,
): Promise<Config> {
  const tree: Tree = file === undefined ? {} : await readTree(file);
  for (const [name, path] of Object.entries(ENVIRONMENT)) {
    const text = environment[name];
    if (text !== undefined && text !== "") override(tree, path, fromText(path, text));
  }
  for (const [path, value] of Object.entries(flags)) if (value !== undefined) override(tree, path, value);
  const parsed = schema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error, tree);
  const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n");
  throw new HearsayError("ERR_CONFIG", `the configuration has ${faults.length} fault(s):\n${list}`, { faults, file });
}

async function readTree(file: string): Promise<Tree> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new HearsayError("ERR_CONFIG", `cannot read ${file}: ${(error as Error).message}`, { file }, error);
  }
  let tree: unknown;
  try {
    tree = parse(text, { logLevel: "error" }) ?? {};
  } catch (error) {
    throw new HearsayError("ERR_CONFIG", `${file} is not YAML: ${(error as Error).message}`, { file }, error);
  }
  if (typeof tree === "object" && tree !== null && !Array.isArray(tree)) return tree as Tree;
  throw new HearsayError("ERR_CONFIG", `${file} has no settings at the top, such as "listen: [...]"`, { file });
}

/** Sets a value by its path; naming a file of data takes back a shipped set that a lower rank named, and the other way round. */
function override(tree: Tree, path: string, value: unknown): void {
  const rival = RIVALS[path];
  if (rival !== undefined) assign(tree, rival, undefined);
  assign(tree, path, value);
}

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

/** What cannot be converted stays text, for the schema to report. */
function fromText(path: string, text: string): unknown {
  if (LISTS.has(path)) return text.split(",").map((part) => part.trim());
  if (NUMBERS.has(path) && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (FLAGS.has(path) && /^(true|false|1|0)$/.test(text)) return text === "true" || text === "1";
  return text;
}

function isAddress(text: string): boolean {
  try {
    return multiaddr(text).getComponents()[1]?.name === "tcp";
  } catch {
    return false;
  }
}
