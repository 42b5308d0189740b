/**
 * The task: everything on which the peers of one network must agree. Its shape stands in `task-schema.ts`; `task/manifest.ts` checks and encodes it.
 */
import type * as z from "zod";
import type { Immutable } from "./immutable.ts";
import { LIMITS } from "./limits.ts";
import type { taskSchema } from "./task-schema.ts";

/** [name, shape]; a scalar has shape []. */
export type TensorSpec = readonly [name: string, shape: readonly number[]];

/** A manifest whose fields are right each by itself; tensors and the parameters of the rule may be missing yet. */
export type TaskDraft = Immutable<z.output<typeof taskSchema>>;

/** The complete manifest: what the schema says (`task-schema.ts`), with every tensor and every parameter of the rule. */
export interface Task extends Omit<TaskDraft, "tensors"> {
  /** Where each tensor lies in the flat parameter vector: one after the other, row-major. */
  readonly tensors: readonly TensorSpec[];
}

/** The model that a task trains. */
export type ModelSpec = Task["model"];

export type Activation = Extract<ModelSpec, { readonly kind: "mlp" }>["activation"];

/** What the model puts out, which also chooses the loss: softmax cross-entropy, or mean squared error. */
export type OutputSpec = Task["output"];

/** The part of a task on which training depends. */
export type LearningTask = Pick<Task, "output" | "model" | "tensors"> & {
  readonly privacy?: Task["privacy"];
  readonly personal?: Task["personal"];
  readonly input: Omit<Task["input"], "features">;
  readonly training: Omit<Task["training"], "optimiser" | "outerMomentum" | "runningMean" | "steps" | "adaptive"> & {
    /** `sgd` where it is left out. */
    readonly optimiser?: string;
  };
};

/** The terms under which a mechanism hides data: those of a task that names one. */
export type PrivacyTerms = Omit<NonNullable<Task["privacy"]>, "mechanism" | "clipNorm" | "delta" | "cohort"> & {
  readonly mechanism: string;
  readonly clipNorm: number;
  readonly delta: number;
};

/** Undefined where the task names no mechanism. */
export function termsOf({ privacy }: Pick<Task, "privacy">): PrivacyTerms | undefined {
  return privacy?.mechanism === undefined ? undefined : (privacy as PrivacyTerms); // complete, since the manifest was checked
}

/** How many meet to sum their models; undefined where each publishes its own. */
export function cohortOf({ privacy }: Pick<Task, "privacy">): NonNullable<Task["privacy"]>["cohort"] {
  return privacy?.cohort;
}

/** The keys that say which model serves, and how many of them have to agree. */
export interface ReleaseKeys {
  /** Peer ids. */
  readonly keys: readonly string[];
  readonly threshold: number;
}

/** Undefined where each peer's own newest model serves. */
export function releasesOf({ releases }: Pick<Task, "releases">): ReleaseKeys | undefined {
  return releases as ReleaseKeys | undefined; // complete, since the manifest was checked
}

/** What of a model stays with each site, with the settings of its method filled in. */
export interface PersonalTerms {
  readonly method: string;
  /** Patterns of the tensors that stay; none where all are shared. */
  readonly tensors: readonly string[];
  /** Of ditto. */
  readonly lambda?: number;
}

/** Undefined where all of the model is shared. */
export function personalOf({ personal }: { readonly personal?: Task["personal"] }): PersonalTerms | undefined {
  return personal && { ...(personal as PersonalTerms), tensors: personal.tensors ?? [] };
}

/** How many models one may stand for: as many as a cohort or a cluster has members, or itself alone. */
export function massesOf(task: Pick<Task, "privacy" | "aggregation">): {
  readonly least: number;
  readonly most: number;
} {
  const cohort = cohortOf(task);
  if (cohort !== undefined) return { least: cohort.minimum, most: LIMITS.maxCohort };
  return { least: 1, most: task.aggregation.gateways ? LIMITS.maxClusterMembers : LIMITS.maxMass };
}

/** A manifest as people write it: fields with a default may be missing. `parseTask` says what is wrong with one. */
export type TaskSource = Readonly<Record<string, unknown>>;

/** Number of numbers that the model puts out: classes or targets. */
export function outputSize(task: Pick<Task, "output">): number {
  return task.output.kind === "classification" ? task.output.classes.length : task.output.targets.length;
}

/** Number of numbers in one target: a class index, or a number for each target. */
export function targetSize(task: Pick<Task, "output">): number {
  return task.output.kind === "classification" ? 1 : outputSize(task);
}

/** Number of numbers in one example. */
export function inputSize(task: { readonly input: { readonly shape: readonly number[] } }): number {
  return task.input.shape.reduce((product, n) => product * n, 1);
}

/** Length d of the parameter vector. */
export function numParams(task: Pick<Task, "tensors">): number {
  return task.tensors.reduce((sum, [, shape]) => sum + shape.reduce((product, n) => product * n, 1), 0);
}
