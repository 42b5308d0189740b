/** Settings of the data: where a peer's examples are, how their file is to be read, and which part of them it holds. */
import * as z from "zod";
import { describePartitions, parsePartition, partitionPattern } from "../../protocol/learn/data/partition.ts";
import { DELIMITERS } from "../data/csv-dialect.ts";
import { endingsText } from "../data/readers/registry.ts";
import { SET_NAMES } from "../data/shipped/registry.ts";
import type { Group } from "./setting.ts";
import { alternatives } from "./words.ts";

/** A text as on the command line, or a list; numbers are names, too. */
const plain = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);
const names = z.union([plain, z.array(plain)]);

const share = z
  .string()
  .regex(/^[1-9]\d*\/[1-9]\d*$/, { error: 'has the form "2/8": the second of eight shares', abort: true })
  .refine(isShare, "names a share beyond the last one");

/** `tab` stands for what is hard to write. */
const delimiter = z
  .preprocess(
    (text) => (text === "tab" || text === "\\t" ? "\t" : text),
    z.enum(DELIMITERS, "give one of , ; | or tab"),
  )
  .meta({ enum: [...DELIMITERS, "tab", "\\t"] });

const partition = z
  .string()
  .superRefine((text, context) => {
    try {
      parsePartition(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  })
  .meta({ pattern: partitionPattern() });

/** The file, and how it is to be read. */
const source = {
  path: {
    schema: z.string().optional(),
    help: `file of examples: ${endingsText("or")}, also .gz of these`,
    flag: "--data <file>",
  },
  dataset: {
    schema: z.enum(SET_NAMES, `there is no such data set; the names are ${SET_NAMES.join(", ")}`).optional(),
    help: `a shipped set instead of a file: ${alternatives(SET_NAMES)}`,
    flag: "--dataset <name>",
  },
  targets: {
    schema: z.string().optional(),
    help: ".npy file of the targets",
    flag: "--targets <file>",
    otherwise: "y.npy beside it",
  },
  label: {
    schema: z.string().optional(),
    help: "column of the class in a table; targets of a regression are named in the task",
    flag: "--label <column>",
    otherwise: "the task's, or label",
  },
  owner: {
    schema: z.string().optional(),
    help: "column that names the owner of a row: no feature",
    flag: "--owner <column>",
  },
  columns: {
    schema: names.optional(),
    help: "columns to use as features, where the task does not name them",
    flag: "--columns <names>",
    otherwise: "all others",
  },
  drop: {
    schema: names.optional(),
    help: "columns to leave out; '#3' is the third",
    flag: "--drop <names>",
  },
  missing: {
    schema: names.optional(),
    help: 'values that mean "no reading", beside the task\'s, as -9999,NA; empty: an empty field',
    flag: "--missing <values>",
  },
  encoding: {
    schema: z.string().optional(),
    help: "encoding of a table, as windows-1252",
    flag: "--encoding <name>",
    otherwise: "found out",
  },
  delimiter: {
    schema: delimiter.optional(),
    help: "between the fields of a table: , ; | or tab",
    flag: "--delimiter <sign>",
    otherwise: "found out",
  },
  decimal: {
    schema: z.enum(["point", "comma"]).optional(),
    help: "what stands before the fraction of a number: point or comma",
    flag: "--decimal <mark>",
    otherwise: "found out",
  },
} as const satisfies Group;

/** What of the examples is trained on, and what is kept for evaluation. */
const part = {
  holdout: {
    schema: z.number().min(0).max(0.9).default(0.2),
    help: "share of the examples kept for evaluation",
    flag: "--holdout <fraction>",
  },
  holdoutBy: {
    schema: z.enum(["chance", "time", "owner"]).default("chance"),
    help: "how they are chosen: chance, every class in proportion; time, the last rows of each owner; owner, whole owners",
    flag: "--holdout-by <how>",
  },
  holdoutPath: {
    schema: z.string().optional(),
    help: "a file of examples for evaluation, instead of a share of them",
    flag: "--holdout-data <file>",
  },
  keepBest: {
    schema: z.boolean().optional(),
    help: "predict answers by the best model so far on the hold-out; releases, hearsay tag and what is sent stay the same",
    flag: "--keep-best",
    otherwise: "false",
  },
  strict: {
    schema: z.boolean().optional(),
    help: "refuse data of which the preflight warns (hearsay data check), in place of a word about it",
    flag: "--strict",
    otherwise: "false",
  },
  share: {
    schema: share.optional(),
    help: "train on share i of n of the data, for trials: 2/8",
    flag: "--share <i/n>",
  },
  partition: {
    schema: partition.default("iid"),
    help: `shares: ${describePartitions()}`,
    flag: "--partition <how>",
  },
  seed: {
    schema: z.int().min(0).default(1),
    help: "seed of hold-out and shares",
    flag: "--seed <n>",
  },
} as const satisfies Group;

export const data = { ...source, ...part } as const satisfies Group;

function isShare(text: string): boolean {
  const [number = 1, shares = 1] = text.split("/").map(Number);
  return number <= shares;
}
