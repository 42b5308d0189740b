/**
 * The shape of a task manifest as people write it: types, bounds and defaults of every field. The type `Task` (`task.ts`) and the JSON Schema
 * (`task/json-schema.ts`) come from it; `task/manifest.ts` checks what depends on several fields.
 */
import * as z from "zod";
import { cohortSchema } from "./cohort-schema.ts";
import { list, trueOrLeftOut } from "./faults.ts";
import { LIMITS } from "./limits.ts";
import { personalSchema } from "./personal-schema.ts";
import { releaseSchema } from "./release-schema.ts";
import { NOISE_BOUNDS } from "./spent.ts";

const positive = z.number().positive();
const wholePositive = z.int().positive();
const tooLong = `has more than ${LIMITS.maxNameCharacters} characters; shorten it`;
const name = z.string().max(LIMITS.maxNameCharacters, tooLong);
/** Names that look like numbers are written as such: `classes: [0, 1]`. */
const className = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: "give a text" })
  .transform(String)
  .pipe(name);
const numbers = z.union([z.number().transform((value) => [value]), list(z.number(), 1, LIMITS.maxFeatures)], {
  error: `give a number, or a list of at most ${LIMITS.maxFeatures}`,
});
const spread = z.union([positive.transform((value) => [value]), list(positive, 1, LIMITS.maxFeatures)], {
  error: `give a number above 0, or a list of at most ${LIMITS.maxFeatures}`,
});

const input = z.strictObject({
  shape: list(wholePositive, 1, 4).describe("[d], or [height, width, channels]"),
  features: list(name, 0, LIMITS.maxFeatures)
    .default([])
    .describe("column names in order; empty: any columns, by position"),
  mean: numbers.default([0]).describe("the model sees (x - mean) / std; one entry, or one for each feature"),
  std: spread.default([1]).describe("the model sees (x - mean) / std; one entry, or one for each feature"),
  missing: list(className, 1, LIMITS.maxMissingValues)
    .optional()
    .describe('values of a table that mean "no reading"; missingPolicy says what becomes of them'),
  missingPolicy: z
    .enum(["refuse", "drop", "mean", "mask"])
    .optional()
    .describe(
      "what becomes of a row without a reading: refuse, drop (the row is left out), mean (of its column, the default), or mask (mean, and a column for each behind all that is 1 there: shape, mean and std count twice the columns)",
    ),
});

const output = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("classification"),
    classes: list(className, 2, LIMITS.maxClasses).describe("names of the classes"),
    column: name.min(1).optional().describe('the column of the class in a table; "label" where left out'),
    shares: list(positive, 2, LIMITS.maxClasses)
      .optional()
      .describe(
        "roughly how many of all rows are of each class, over all peers, in the order of classes; their ratios count. With training.absentClasses: a peer that has fewer of a class than that learns it as common as it is",
      ),
  }),
  z.strictObject({
    kind: z.literal("regression"),
    targets: list(name, 1, LIMITS.maxTargets).describe("names of the target columns"),
    mean: numbers.default([0]).describe("the model learns (y - mean) / std; one entry, or one for each target"),
    std: spread.default([1]).describe("the model learns (y - mean) / std; one entry, or one for each target"),
  }),
]);

const model = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("softmax") }),
  z.strictObject({
    kind: z.literal("mlp"),
    hidden: list(wholePositive.max(65536), 1, 16).describe("units of each hidden layer"),
    activation: z.enum(["relu", "tanh"]).default("relu"),
  }),
  z.strictObject({
    kind: z.literal("cnn"),
    filters: list(wholePositive.max(1024), 1, 4).describe("filters of each convolution"),
    kernelSize: wholePositive.max(11).default(3),
    hidden: list(wholePositive.max(65536), 0, 4).default([]).describe("units of each hidden layer"),
  }),
  z.strictObject({
    kind: z.literal("layers"),
    topology: z.string().max(LIMITS.maxManifestBytes).describe("the JSON text of a tfjs layers model"),
  }),
  z.strictObject({
    kind: z.literal("external"),
    architecture: name
      .min(1)
      .describe(
        "names the model that a program of each site trains, so that models of the same tensors are told apart",
      ),
  }),
]);

const decay = z.number().min(0).lt(1);

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({
    kind: z.literal("cosine"),
    steps: wholePositive.max(1e12).describe("age, in optimiser steps, at which the rate has come down to its floor"),
    floor: z.number().min(0).max(1).default(0).describe("least rate, of learningRate"),
    peak: positive
      .max(10)
      .optional()
      .describe(
        "rate at age 0, of learningRate; 2 - floor: the mean rate over these steps is learningRate. 1 where left out",
      ),
  }),
  z.strictObject({
    kind: z.literal("step"),
    every: wholePositive.max(1e12).describe("age, in optimiser steps, from one fall of the rate to the next"),
    factor: positive.max(1).default(0.5).describe("what the rate is multiplied by each time"),
  }),
]);

const adam = z.strictObject({
  beta1: decay.default(0.9),
  beta2: decay.default(0.999),
  epsilon: positive.max(1).default(1e-8),
});

const training = z.strictObject({
  optimiser: z.string().default("sgd").describe("sgd, momentum or adam; its state is new in each training"),
  learningRate: positive.max(100).default(0.1),
  momentum: decay.default(0).describe("of momentum, which needs one, and of sgd"),
  adam: adam.optional().describe("of the optimiser adam alone"),
  schedule: schedule
    .optional()
    .describe("how the learning rate changes with the age of the model; left out where it does not"),
  maxGradientNorm: positive
    .min(1e-6)
    .max(1e6)
    .optional()
    .describe(
      "the gradient of a batch that is longer than this is shortened to it (gradient clipping); left out: none is",
    ),
  outerMomentum: decay
    .gt(0)
    .optional()
    .describe(
      "the first training after a merge starts this far beyond the model, along its way since the last merge; left out: at the model",
    ),
  runningMean: decay
    .optional()
    .describe(
      "predictions are made with a running mean of the peer's merged models, of which so much stays in a cycle; 0.7 where left out, 0: the newest",
    ),
  absentClasses: positive
    .max(20)
    .optional()
    .describe(
      "in training, the logits of classes of which a peer has no row are lower by so much, so that it does not unlearn them; left out: it does",
    ),
  steps: wholePositive.max(100_000).default(10).describe("H: optimiser steps between two publications"),
  adaptive: trueOrLeftOut
    .optional()
    .describe(
      "devices that are much slower than others take fewer steps, and merge while a long training is under way; left out where all take all",
    ),
  batch: wholePositive.max(65536).default(32),
});

const aggregation = z.strictObject({
  rule: z.string().default("guarded-median"),
  parameters: z.record(z.string(), z.number()).default({}).describe("of the rule; those left out have its defaults"),
  inboxSize: wholePositive.max(LIMITS.maxInboxSize).default(8).describe("k: models pulled in a cycle"),
  quorum: wholePositive
    .max(LIMITS.maxInboxSize)
    .default(3)
    .describe("with fewer candidates than this a peer trains on alone"),
  memory: z
    .int()
    .min(0)
    .max(LIMITS.maxMemory)
    .default(16)
    .describe(
      "M: candidates of a merge, where so few authors have something new that models merged before stand in for others; 0: none do",
    ),
  mostLoss: positive
    .max(1)
    .optional()
    .describe(
      "left out of a merge are models that lose more, on a few own rows, than this share of the way from the better ones to one that knows nothing, but for as many as the rule's f allows among the others; left out: none is for this",
    ),
  gateways: trueOrLeftOut
    .optional()
    .describe(
      `peers of one place may speak through one of them, whose release stands for up to ${LIMITS.maxClusterMembers} and counts as one candidate; left out: each speaks for itself`,
    ),
  blend: positive.max(1).default(1).describe("own <- own + blend (aggregate - own)"),
});

const staleness = z.strictObject({
  function: z.enum(["constant", "hinge", "polynomial"]).default("polynomial"),
  a: positive.max(100).default(0.5),
  b: z.number().min(0).max(1000).default(4),
  floor: positive.max(1).default(0.8).describe("least weight of a candidate that is used"),
  cutoff: positive.max(1e6).default(20).describe("staler candidates, in own cycles, are dropped"),
});

const privacy = z.strictObject({
  mechanism: z
    .string()
    .optional()
    .describe(
      "dp-sgd (single records, by noise in each step) or gaussian-update (all records of a peer, by noise on what a training changed)",
    ),
  clipNorm: positive
    .min(1e-6)
    .max(1e6)
    .optional()
    .describe("C: the most that one record, or one training, can move what is published"),
  noiseMultiplier: z
    .number()
    .min(NOISE_BOUNDS.least / 1000)
    .max(NOISE_BOUNDS.most / 1000)
    .optional()
    .describe("sigma: deviation of the noise over C, in thousandths; this or targetEpsilon"),
  targetEpsilon: positive
    .max(1000)
    .optional()
    .describe("each peer takes the least noise under which its epochs cost no more; this or noiseMultiplier"),
  epochs: positive
    .max(1e6)
    .optional()
    .describe("of targetEpsilon: how often each record is to be used, on average; 20 where left out"),
  delta: positive
    .max(0.01)
    .optional()
    .describe("chance that the promise does not hold; well below 1 / records; 1e-5 where left out"),
  maxEpsilon: positive
    .max(1000)
    .optional()
    .describe("a peer that would spend more trains and publishes no more; targetEpsilon where left out"),
  cohort: cohortSchema
    .optional()
    .describe("models leave a peer only in the mean of a few, of which each is hidden from the others"),
});

/** The defaults are the ones that `hearsay init` shows. */
export const taskSchema = z.strictObject({
  version: z.literal(1).default(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "1 to 64 of a-z, 0-9 and -"),
  input,
  output,
  model,
  tensors: list(z.tuple([z.string().min(1).max(256), list(wholePositive, 0, 8)]), 1, LIMITS.maxTensors)
    .optional()
    .describe(
      "[name, shape] of each tensor, float32, in the order of the parameter vector; left out for the built-in models, which imply them",
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe("of the initial parameters"),
  start: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "give a SHA-256 in 64 of 0-9 and a-f, as hearsay init --from writes it")
    .optional()
    .describe("SHA-256 of given initial parameters (a warm start); left out where they are drawn from the seed"),
  training: training.prefault({}),
  aggregation: aggregation.prefault({}),
  staleness: staleness.prefault({}),
  privacy: privacy.optional().describe("how data are hidden from whoever sees models; left out where they are not"),
  personal: personalSchema
    .optional()
    .describe("what of the model stays with each site and is trained there alone; left out where all of it is shared"),
  releases: releaseSchema
    .optional()
    .describe("who says which model serves; left out where each peer's own newest model does"),
  codec: z.string().default("f32").describe("how models are written for the wire"),
  limits: z
    .strictObject({
      maxModelBytes: wholePositive.max(LIMITS.maxModelBytes).default(64 * 2 ** 20),
      announcementsPerSecond: positive.max(1000).default(20),
    })
    .prefault({}),
});
