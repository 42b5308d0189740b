/**
 * The task: everything on which the peers of one network must agree. `task/manifest.ts` checks and encodes it.
 */

/** [name, shape]; a scalar has shape []. */
export type TensorSpec = readonly [name: string, shape: readonly number[]];

export type Activation = "relu" | "tanh";

/** The model that a task trains. */
export type ModelSpec =
  | { readonly kind: "softmax" }
  | { readonly kind: "mlp"; readonly hidden: readonly number[]; readonly activation: Activation }
  | {
      readonly kind: "cnn";
      readonly filters: readonly number[];
      readonly kernelSize: number;
      readonly hidden: readonly number[];
    }
  /** `topology`: the JSON text of a tfjs layers model. */
  | { readonly kind: "layers"; readonly topology: string };

/** What the model puts out, which also chooses the loss: softmax cross-entropy, or mean squared error. */
export type OutputSpec =
  | {
      readonly kind: "classification";
      readonly classes: readonly string[];
      /** The column of the class in a table; "label" where left out. */
      readonly column?: string | undefined;
    }
  | {
      readonly kind: "regression";
      readonly targets: readonly string[];
      /** The model learns (y - mean) / std; one entry, or one for each target. */
      readonly mean: readonly number[];
      readonly std: readonly number[];
    };

/** The complete manifest. */
export interface Task {
  readonly version: 1;
  readonly name: string;
  readonly input: {
    /** [d] or [height, width, channels]. */
    readonly shape: readonly number[];
    /** Column names in order; empty: any columns, by position. */
    readonly features: readonly string[];
    /** The model sees (x - mean) / std; one entry, or one for each feature. */
    readonly mean: readonly number[];
    readonly std: readonly number[];
    /** Values of a table that mean "no reading": the model sees the mean of the column instead. */
    readonly missing?: readonly string[] | undefined;
  };
  readonly output: OutputSpec;
  readonly model: ModelSpec;
  /** Where each tensor lies in the flat parameter vector: one after the other, row-major. */
  readonly tensors: readonly TensorSpec[];
  /** Of the initial parameters. */
  readonly seed: number;
  readonly training: {
    readonly optimiser: "sgd";
    readonly learningRate: number;
    readonly momentum: number;
    /** H: optimiser steps between two publications. */
    readonly steps: number;
    readonly batch: number;
  };
  readonly aggregation: {
    readonly rule: string;
    readonly parameters: Readonly<Record<string, number>>;
    /** k: models pulled in a cycle. */
    readonly inboxSize: number;
    /** Fewer candidates than this, and the peer trains on alone. */
    readonly quorum: number;
    /** M: candidates of a merge, where so few authors have something new that models merged before stand in for others; 0: none do. */
    readonly memory: number;
    /** own <- own + blend (aggregate - own). */
    readonly blend: number;
  };
  readonly staleness: {
    readonly function: "constant" | "hinge" | "polynomial";
    readonly a: number;
    readonly b: number;
    /** Least weight of a candidate that is used. */
    readonly floor: number;
    /** Staler candidates, in own cycles, are dropped. */
    readonly cutoff: number;
  };
  readonly codec: string;
  readonly limits: { readonly maxModelBytes: number; readonly announcementsPerSecond: number };
}

/** The part of a task on which training depends. */
export type LearningTask = Pick<Task, "output" | "model" | "tensors"> & {
  readonly input: Omit<Task["input"], "features">;
  readonly training: Omit<Task["training"], "optimiser" | "steps">;
};

/** A manifest as people write it: fields with a default may be missing. `parseTask` says what is wrong with one. */
export type TaskSource = Readonly<Record<string, unknown>>;

/** Number of numbers that the model puts out: classes or targets. */
export function outputSize(task: Pick<Task, "output">): number {
  return task.output.kind === "classification" ? task.output.classes.length : task.output.targets.length;
}

/** Number of numbers in one example. */
export function inputSize(task: { readonly input: { readonly shape: readonly number[] } }): number {
  return task.input.shape.reduce((product, n) => product * n, 1);
}

/** Length d of the parameter vector. */
export function numParams(task: Pick<Task, "tensors">): number {
  return task.tensors.reduce((sum, [, shape]) => sum + shape.reduce((product, n) => product * n, 1), 0);
}

/** The mask of all tensors of a layout: bit i % 8 of byte i / 8 is tensor i. */
export function allTensors({ tensors }: Pick<Task, "tensors">): Uint8Array {
  const mask = new Uint8Array(Math.ceil(tensors.length / 8)).fill(0xff);
  const rest = tensors.length % 8;
  if (rest > 0) mask[mask.length - 1] = (1 << rest) - 1;
  return mask;
}
