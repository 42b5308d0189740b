/**
 * What an optimiser is: how a gradient moves the parameters. Each optimiser is one file of this folder; `registry.ts` lists them under the names that tasks have.
 *
 * It is written once, number by number, in an arithmetic that each engine supplies: float32 in plain TypeScript and in WebAssembly, tensors in
 * TensorFlow.js. So all engines run the same formula, and the first two give the same bits.
 */
import type { Task } from "../../base/task.ts";

/** The operations of which an update is made, each rounded once. `T` is a number, code that leaves one on the stack, or a tensor. */
export interface Arithmetic<T> {
  readonly add: (a: T, b: T) => T;
  readonly mul: (a: T, b: T) => T;
  readonly div: (a: T, b: T) => T;
  readonly sqrt: (a: T) => T;
}

export interface Optimiser {
  /** Instances of one name have the same formulas; their scalars may differ. */
  readonly name: string;
  /** State vectors of the length of the model. All are 0 at the start of each training: nothing is kept between two. */
  readonly slots: number;
  /**
   * What one step takes beside the gradient, equally many numbers for each.
   * @param step number of the step in its training, from 1.
   */
  scalars(step: number, learningRate: number): readonly number[];
  /** The state after a step. */
  advance<T>(arithmetic: Arithmetic<T>, gradient: T, slots: readonly T[], scalars: readonly T[]): readonly T[];
  /** What a step takes away from the parameters. @param slots after `advance`. */
  change<T>(arithmetic: Arithmetic<T>, gradient: T, slots: readonly T[], scalars: readonly T[]): T;
}

/** Of `training` in a task, what optimisers read. */
export type OptimiserSettings = Pick<Task["training"], "momentum"> & Partial<Pick<Task["training"], "adam">>;

/** An optimiser, under the name that `training.optimiser` of a task has. */
export interface OptimiserKind {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  create(settings: OptimiserSettings): Optimiser;
}
