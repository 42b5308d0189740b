/**
 * The task manifest: people write YAML; the canonical bytes are strict DAG-CBOR of the complete task (defaults filled in,
 * tensors listed), and the task id is their SHA-256.
 */
import * as z from "zod";
import { describeRules, findRule, ruleParameters } from "../aggregate/registry.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { inputSize, numParams, outputSize, type Task, type TensorSpec } from "../base/task.ts";
import { CODECS } from "../codec/registry.ts";
import { builtInTensors } from "../learn/tensors.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { type Fault, faultLines, faultsOf, list, sizeFault } from "./manifest-bounds.ts";

const positive = z.number().positive();
const wholePositive = z.int().positive();
const tooLong = `has more than ${LIMITS.maxNameCharacters} characters; shorten it`;
const name = z.string().max(LIMITS.maxNameCharacters, tooLong);
const className = z.coerce.string().max(LIMITS.maxNameCharacters, tooLong);
const numbers = z.union([z.number().transform((value) => [value]), list(z.number(), 1, LIMITS.maxFeatures)], {
  error: `give a number, or a list of at most ${LIMITS.maxFeatures}`,
});
const spread = z.union([positive.transform((value) => [value]), list(positive, 1, LIMITS.maxFeatures)], {
  error: `give a number above 0, or a list of at most ${LIMITS.maxFeatures}`,
});

const model = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("softmax") }),
  z.strictObject({
    kind: z.literal("mlp"),
    hidden: list(wholePositive.max(65536), 1, 16),
    activation: z.enum(["relu", "tanh"]).default("relu"),
  }),
  z.strictObject({
    kind: z.literal("cnn"),
    filters: list(wholePositive.max(1024), 1, 4),
    kernelSize: wholePositive.max(11).default(3),
    hidden: list(wholePositive.max(65536), 0, 4).default([]),
  }),
  z.strictObject({ kind: z.literal("layers"), topology: z.string().max(LIMITS.maxManifestBytes) }),
]);

const output = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("classification"),
    classes: list(className, 2, LIMITS.maxClasses),
    /** The column of the class in a table, where it is not "label". */
    column: name.min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal("regression"),
    targets: list(name, 1, LIMITS.maxTargets),
    mean: numbers.default([0]),
    std: spread.default([1]),
  }),
]);

/** Shape of the manifest; the defaults are the ones that `hearsay init` shows. */
const taskSchema = z.strictObject({
  version: z.literal(1).default(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "1 to 64 of a-z, 0-9 and -"),
  input: z.strictObject({
    shape: list(wholePositive, 1, 4),
    /** Column names in order; empty: any columns, by position. */
    features: list(name, 0, LIMITS.maxFeatures).default([]),
    mean: numbers.default([0]),
    std: spread.default([1]),
    /** Values of a table that mean "no reading"; left out where there are none. */
    missing: list(className, 1, LIMITS.maxMissingValues).optional(),
  }),
  output,
  model,
  /** Left out for the built-in models, which imply it. */
  tensors: list(z.tuple([z.string().min(1).max(256), list(wholePositive, 0, 8)]), 1, LIMITS.maxTensors).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  training: z
    .strictObject({
      optimiser: z.enum(["sgd"]).default("sgd"),
      learningRate: positive.max(100).default(0.1),
      momentum: z.number().min(0).lt(1).default(0),
      steps: wholePositive.max(100_000).default(10),
      batch: wholePositive.max(65536).default(32),
    })
    .prefault({}),
  aggregation: z
    .strictObject({
      rule: z.string().default("guarded-median"),
      parameters: z.record(z.string(), z.number()).default({}),
      inboxSize: wholePositive.max(LIMITS.maxInboxSize).default(8),
      quorum: wholePositive.max(LIMITS.maxInboxSize).default(3),
      memory: z.int().min(0).max(LIMITS.maxMemory).default(16),
      blend: positive.max(1).default(1),
    })
    .prefault({}),
  staleness: z
    .strictObject({
      function: z.enum(["constant", "hinge", "polynomial"]).default("polynomial"),
      a: positive.max(100).default(0.5),
      b: z.number().min(0).max(1000).default(4),
      floor: positive.max(1).default(0.8),
      cutoff: positive.max(1e6).default(20),
    })
    .prefault({}),
  codec: z.string().default("f32"),
  limits: z
    .strictObject({
      maxModelBytes: wholePositive.max(LIMITS.maxModelBytes).default(64 * 2 ** 20),
      announcementsPerSecond: positive.max(1000).default(20),
    })
    .prefault({}),
});

/**
 * Checks a manifest as people write it, fills in defaults and derives the tensors.
 * @throws HearsayError ERR_TASK with every fault at once in `details.faults`.
 */
export function parseTask(source: unknown): Task {
  const oversized = sizeFault(source);
  if (oversized !== undefined) throw taskError([oversized]);
  const parsed = taskSchema.safeParse(source);
  if (!parsed.success) throw taskError(faultsOf(parsed.error, source));
  const draft = parsed.data;
  const faults: Fault[] = [];
  const width = inputSize(draft);
  const check = (path: string, ok: boolean, message: string) => {
    if (!ok) faults.push({ path, message });
  };

  check("input.shape", width <= LIMITS.maxInputs, `is ${width} numbers; at most ${LIMITS.maxInputs}`);
  for (const side of ["mean", "std"] as const) {
    const { length } = draft.input[side];
    check(`input.${side}`, length === 1 || length === width, `has ${length} entries; give 1 or ${width}`);
    if (draft.output.kind === "regression") {
      const given = draft.output[side].length;
      const wanted = draft.output.targets.length;
      check(`output.${side}`, given === 1 || given === wanted, `has ${given} entries; give 1 or ${wanted}`);
    }
  }
  const { features } = draft.input;
  check(
    "input.features",
    features.length === 0 || features.length === width,
    `names ${features.length} columns; the shape needs ${width}`,
  );
  check("input.features", new Set(features).size === features.length, "names a column twice");
  if (draft.output.kind === "classification") {
    check("output.classes", new Set(draft.output.classes).size === draft.output.classes.length, "names a class twice");
  }
  const { quorum, inboxSize, rule } = draft.aggregation;
  check("aggregation.quorum", quorum <= inboxSize, `is ${quorum}, above inboxSize ${inboxSize}; lower it`);
  const known = findRule(rule);
  check("aggregation.rule", known !== undefined, `"${rule}" is unknown; there are ${describeRules()}`);
  if (known !== undefined) {
    const completed = ruleParameters(known, draft.aggregation.parameters);
    for (const message of completed.faults) faults.push({ path: "aggregation.parameters", message });
    const least = known.quorum(completed.parameters);
    check("aggregation.quorum", quorum >= least, `is ${quorum}; rule ${rule} needs at least ${least}`);
  }
  check("codec", CODECS.has(draft.codec), `"${draft.codec}" is unknown; one of ${[...CODECS.keys()].join(", ")}`);
  if (draft.model.kind === "cnn")
    check("input.shape", draft.input.shape.length === 3, "a cnn needs [height, width, channels]");

  let tensors: readonly TensorSpec[] = (draft.tensors ?? []) as readonly TensorSpec[];
  if (faults.length === 0) {
    const implied = builtInTensors(draft.model, draft.input.shape, outputSize(draft));
    if (typeof implied === "string") check("model", false, implied);
    else if (implied !== undefined) {
      check(
        "tensors",
        draft.tensors === undefined || sameTensors(tensors, implied),
        "differ from those that the model implies; leave them out",
      );
      tensors = implied;
    } else
      check("tensors", tensors.length > 0, "must be listed for a layers model; `hearsay init --model FILE` does it");
  }
  if (faults.length > 0) throw taskError(faults);
  const parameters = known === undefined ? {} : ruleParameters(known, draft.aggregation.parameters).parameters;
  const task: Task = { ...draft, tensors, aggregation: { ...draft.aggregation, parameters } };
  const bytes = 4 * numParams(task);
  if (bytes > task.limits.maxModelBytes) {
    throw taskError([
      {
        path: "limits.maxModelBytes",
        message: `is ${task.limits.maxModelBytes}, the model alone has ${bytes} bytes; raise it or shrink the model`,
      },
    ]);
  }
  try {
    CODECS.get(task.codec)?.forLayout({ tensors, task: "0".repeat(64) });
  } catch (error) {
    throw taskError([{ path: "tensors", message: `fit into no model body: ${(error as Error).message}` }]);
  }
  return task;
}

/** Canonical bytes of a manifest; `sha256(bytes)` is the task id. */
export function encodeTask(task: Task): Uint8Array {
  return encodeCanonical(task);
}

/**
 * Decodes canonical bytes. @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL | ERR_TOO_LARGE | ERR_TASK.
 */
export function decodeTask(bytes: Uint8Array): Task {
  const task = parseTask(decodeCanonical(bytes, LIMITS.maxManifestBytes));
  const again = encodeTask(task);
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) {
    throw new HearsayError("ERR_NOT_CANONICAL", "the manifest is not complete: fields are missing that have a default");
  }
  return task;
}

function taskError(faults: readonly Fault[]): HearsayError {
  return new HearsayError("ERR_TASK", `the task has ${faults.length} fault(s):\n${faultLines(faults)}`, { faults });
}

function sameTensors(a: readonly TensorSpec[], b: readonly TensorSpec[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
