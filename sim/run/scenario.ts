/**
 * A scenario: everything that an experiment depends on, as one checked document. Same scenario and seed, same bytes of report.
 *
 * People write YAML; fields that are left out have the defaults below. Times are virtual seconds. The hash of the complete scenario
 * without its seed names the experiment in every output, so that repetitions under other seeds belong together.
 */
import * as z from "zod";
import { toHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Crypto } from "../../protocol/base/seams.ts";
import { parsePartition } from "../../protocol/learn/data/partition.ts";
import { type Fault, faultsOf } from "../../protocol/task/manifest-bounds.ts";
import { encodeCanonical } from "../../protocol/wire/canonical.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { churnSchema, deviceSchema } from "../devices/schema.ts";
import { networkSchema } from "../network/schema.ts";
import type { Choice, Scenario } from "../seams/scenario-type.ts";

export type { Scenario } from "../seams/scenario-type.ts";

const share = z.number().min(0).max(1);
const wholePositive = z.int().positive();
/** `name`, or `{ kind: name, ...options }`; the options are checked by the entry of the registry. */
const choice = z.union([z.string().transform((kind) => ({ kind })), z.looseObject({ kind: z.string() })], {
  error: "give a name, or { kind: NAME, ...options }; hearsay sim list shows them",
});

const scenarioSchema = z.strictObject({
  version: z.literal(1).default(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, "1 to 64 of a-z, 0-9, . and -"),
  about: z.string().max(2000).default(""),
  data: z.strictObject({
    /** A shipped set (digits, motes, mnist) or a file that `hearsay up --data` reads. */
    set: z.string(),
    /** At most so many training rows, drawn with the seed; 0: all. */
    rows: z.int().min(0).default(0),
    /** Rows of each peer where the set is too small for all: rows are then dealt to several peers; 0: no row twice. */
    rowsPerPeer: z.int().min(0).default(0),
    /** Columns of a file; see `hearsay up --help`. */
    label: z.string().optional(),
    owner: z.string().optional(),
  }),
  /** iid, dirichlet:ALPHA, shards:COUNT or owner. */
  partition: z.string().default("iid"),
  /** Parts of the task manifest that differ from those of the data set, e.g. `aggregation: { rule: median }`. */
  task: z.record(z.string(), z.unknown()).default({}),
  /** Honest peers and liars together. */
  peers: wholePositive.max(1_000_000).default(30),
  algorithm: choice.default({ kind: "hearsay" }),
  /** How long: the median device trains this often. Virtual seconds = cycles x devices.cycleSeconds. */
  cycles: z.number().positive().max(1e6).default(60),
  devices: deviceSchema,
  network: networkSchema,
  churn: churnSchema,
  /** Nobody lies where it is left out. `share` of the peers do (rounded). */
  attack: choice.pipe(z.looseObject({ kind: z.string(), share: share.default(0.2) })).optional(),
  /** Real Ed25519 signatures, made and checked: ten times the time of a cycle. Without, every signature is 64 zeros and holds. */
  signatures: z.boolean().default(false),
  /** `keep` whole logs in memory, or only their heads. Left out: `keep` where peers restart, which then read them. */
  logs: z.enum(["keep", "heads"]).optional(),
  metrics: z
    .strictObject({
      /** Measurements, evenly over the time, besides one at the start. */
      points: wholePositive.max(10_000).default(20),
      /** Honest peers that are evaluated, drawn with the seed; at the end always all, up to ten times as many. */
      peers: wholePositive.default(100),
      /** Rows of the hold-out that each is evaluated on, drawn with the seed; 0: all. */
      rows: z.int().min(0).default(0),
      /** An accuracy to time: the report says when the mean first reached it. */
      target: share.optional(),
      /** Peers say of every merge who moved their model; the report then has `influence` and `overlap` of each peer. */
      explain: z.boolean().optional(),
    })
    .prefault({}),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
});

/**
 * Checks a scenario as people write it, and fills in defaults.
 * @throws HearsayError ERR_CONFIG with every fault at once in `details.faults`.
 */
export function parseScenario(source: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(source);
  if (!parsed.success) throw scenarioError(faultsOf(parsed.error, source));
  const draft = parsed.data;
  const faults: Fault[] = [];
  const algorithm = checkChoice("algorithm", draft.algorithm, ALGORITHMS, faults);
  const attack = draft.attack && checkChoice("attack", draft.attack, ATTACKS, faults, ["share"]);
  try {
    parsePartition(draft.partition);
  } catch (error) {
    faults.push({ path: "partition", message: (error as Error).message });
  }
  if (draft.attack !== undefined && Math.round(draft.attack.share * draft.peers) === draft.peers)
    faults.push({
      path: "attack.share",
      message: `${draft.attack.share} of ${draft.peers} peers leaves no honest one to measure: lower it`,
    });
  const restarts = RESTARTING.includes(draft.churn.kind);
  if (restarts && draft.logs === "heads")
    faults.push({
      path: "logs",
      message: "heads are not enough for peers that restart (churn): leave it out, or keep",
    });
  if (faults.length > 0) throw scenarioError(faults);
  return { ...draft, algorithm, logs: draft.logs ?? (restarts ? "keep" : "heads"), ...(attack && { attack }) };
}

/** Hexadecimal SHA-256 of the scenario without its seed. */
export function scenarioHash({ seed: _, ...experiment }: Scenario, crypto: Pick<Crypto, "sha256">): string {
  return toHex(crypto.sha256(encodeCanonical(JSON.parse(JSON.stringify(experiment)))));
}

/** Kinds of churn in which peers go and come back. */
const RESTARTING: readonly string[] = ["exponential", "trace"];

/** The path of a fault that concerns the whole (`faultsOf`). */
const TOP = "(top)";

interface Registered {
  readonly options: z.ZodType;
}

/** The choice with its complete options; `common` are options of every entry, checked already. */
function checkChoice<T extends Choice>(
  path: string,
  choice: T,
  registry: ReadonlyMap<string, Registered>,
  faults: Fault[],
  common: readonly string[] = [],
): T {
  const known = registry.get(choice.kind);
  if (known === undefined) {
    faults.push({
      path: `${path}.kind`,
      message: `"${choice.kind}" is unknown; one of ${[...registry.keys()].join(", ")}`,
    });
    return choice;
  }
  const keep = Object.fromEntries(Object.entries(choice).filter(([key]) => key === "kind" || common.includes(key)));
  const own = Object.fromEntries(Object.entries(choice).filter(([key]) => !(key in keep)));
  const parsed = known.options.safeParse(own);
  if (parsed.success) return { ...keep, ...(parsed.data as object) } as T;
  for (const { path: at, message } of faultsOf(parsed.error, own))
    faults.push({ path: at === TOP ? path : `${path}.${at}`, message });
  return choice;
}

function scenarioError(faults: readonly Fault[]): HearsayError {
  const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n");
  return new HearsayError("ERR_CONFIG", `the scenario has ${faults.length} fault(s):\n${list}`, { faults });
}
