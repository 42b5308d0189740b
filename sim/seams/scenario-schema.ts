/** The shape of a scenario as people write it: types, bounds and defaults of every field. The type `Scenario` (`scenario-type.ts`) comes from it. */
import * as z from "zod";
import { trueOrLeftOut } from "../../protocol/base/faults.ts";
import { DETECTORS } from "../../protocol/learn/stream/drift/registry.ts";
import { churnSchema, deviceSchema } from "../devices/schema.ts";
import { choice } from "../network/choice.ts";
import { networkSchema } from "../network/schema.ts";

const share = z.number().min(0).max(1);
const wholePositive = z.int().positive();

const data = z.strictObject({
  set: z.string().describe("a shipped set, or a file that hearsay up --data reads"),
  rows: z.int().min(0).default(0).describe("at most so many training rows, drawn with the seed; 0: all"),
  rowsPerPeer: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "rows of each peer where the set is too small for all: rows are then dealt to several peers; 0: no row twice",
    ),
  scarce: z
    .strictObject({ peers: wholePositive, rows: wholePositive.min(2) })
    .optional()
    .describe("the first so many peers keep only so many of their rows: sites that have just begun to measure"),
  label: z.string().optional().describe("column of a file; see hearsay up --help"),
  owner: z.string().optional().describe("column of a file; see hearsay up --help"),
  test: z
    .string()
    .optional()
    .describe("a file of examples that models are measured on, with the same columns; left out: a share of the rows"),
  holdout: z.number().positive().max(0.9).optional().describe("of a file: the share that is held out; left out: 0.2"),
  holdoutBy: z
    .enum(["chance", "time", "owner"])
    .optional()
    .describe("of a file: chance, every class in proportion; time, the last rows of each owner; owner, whole owners"),
});

const plugin = z.union(
  [
    z.string().transform((file): { readonly file: string; readonly sha256?: string | undefined } => ({ file })),
    z.strictObject({
      file: z.string(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits; leave it out to take the file as it is")
        .optional()
        .describe("of the file, with what it imports; another file is then refused"),
    }),
  ],
  { error: "give a file, or { file: FILE, sha256: HASH }" },
);

const metrics = z.strictObject({
  points: wholePositive
    .max(10_000)
    .default(20)
    .describe("measurements, evenly over the time, besides one at the start"),
  peers: wholePositive
    .default(100)
    .describe("honest peers that are evaluated, drawn with the seed; at the end always all, up to ten times as many"),
  rows: z
    .int()
    .min(0)
    .default(0)
    .describe("rows of the hold-out that each is evaluated on, drawn with the seed; 0: all"),
  holdout: z
    .enum(["common", "own"])
    .optional()
    .describe(
      "own: each peer is evaluated on rows of the hold-out that are like its own: of its owners, or with its share of each class; left out: all on the same rows",
    ),
  fineTune: wholePositive
    .max(100_000)
    .optional()
    .describe(
      "at the end each peer that is evaluated trains on alone, so many steps at most, and keeps the best by a fifth of its own rows: the summary then has `fineTuned`",
    ),
  target: share.optional().describe("an accuracy to time: the report says when the mean first reached it"),
  bothModels: z
    .boolean()
    .optional()
    .describe(
      "at the end, also score every peer by its newest model and by a running mean of its models: the summary then has `models`",
    ),
  also: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "further metrics (hearsay sim list), measured as accuracy is; the report then has mean, worst and std of each",
    ),
  curves: trueOrLeftOut
    .optional()
    .describe("the report then has every measurement of every peer that is evaluated, and not only mean and worst"),
  fairness: trueOrLeftOut
    .optional()
    .describe(
      "how evenly honest peers are heard: the summary then has Jain's index, the share of honest models in merges, and what peers with rare data move; and the report what `explain` gives",
    ),
  explain: z
    .boolean()
    .optional()
    .describe("peers say of every merge who moved their model; the report then has influence and overlap of each peer"),
});

const stream = z.strictObject({
  window: z.string().default("last:500").describe("the rows that are learned from: last:500, reservoir:500"),
  first: share
    .default(0)
    .describe("share of the rows that are there at the start; the others come evenly over the time"),
  drift: z
    .enum(["none", ...DETECTORS.keys()])
    .default("adwin")
    .describe("what tells that the world has changed"),
  onDrift: z
    .enum(["rate", "window"])
    .default("rate")
    .describe("an alarm raises the learning rate, or shortens the window"),
  driftRate: z.number().min(1).max(100).default(3).describe("by what an alarm multiplies the learning rate"),
  driftSeconds: z.number().positive().default(60).describe("virtual seconds for which it does"),
  frozenFrom: share
    .optional()
    .describe("share of the time after which nobody learns any more: what a change costs then"),
});

export const scenarioSchema = z.strictObject({
  version: z.literal(1).default(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, "1 to 64 of a-z, 0-9, . and -"),
  about: z.string().max(2000).default(""),
  data,
  plugins: z
    .array(plugin)
    .optional()
    .describe(
      "files that add attacks, rules, partitions, metrics, codecs, topologies or algorithms, beside the scenario or here (sim/README.md)",
    ),
  partition: z.string().default("iid").describe("how the rows are dealt to the peers"),
  task: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "parts of the task manifest that differ from those of the data set, e.g. aggregation: { rule: median }; or { file: task.yaml, ...parts }, beside the scenario",
    ),
  peers: wholePositive.max(1_000_000).default(30).describe("honest peers and liars together"),
  algorithm: choice.default({ kind: "hearsay" }),
  cycles: z
    .number()
    .positive()
    .max(1e6)
    .default(60)
    .describe("how long: the median device trains this often. Virtual seconds = cycles x devices.cycleSeconds"),
  devices: deviceSchema,
  network: networkSchema,
  churn: churnSchema,
  attack: choice
    .pipe(z.looseObject({ kind: z.string(), share: share.default(0.2) }))
    .optional()
    .describe("nobody lies where it is left out; a share of the peers do (rounded)"),
  stream: stream
    .optional()
    .describe(
      "the rows of a peer come one after another while it learns, and each is predicted before; left out: all are there",
    ),
  signatures: z
    .boolean()
    .default(false)
    .describe(
      "real Ed25519 signatures, made and checked: ten times the time of a cycle. Without, every signature is 64 zeros and holds",
    ),
  logs: z
    .enum(["keep", "heads"])
    .optional()
    .describe(
      "keep whole logs in memory, or only their heads. Left out: keep where peers restart, which then read them",
    ),
  metrics: metrics.prefault({}),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
});
