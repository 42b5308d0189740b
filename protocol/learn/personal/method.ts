/**
 * A method of personal models: what of a model stays with a site, and how both parts are trained. What is shared, merged and logged is one vector for all sites; what stays is a vector of
 * the site, which only its own trainings change. The model with which a site predicts has the layout of the task, whatever the method: it can be saved, exported and evaluated as any other.
 */
import type { Fault } from "../../base/faults.ts";
import type { FitRequest, FitResult, Trainer } from "../../base/learning-seams.ts";
import type { PersonalTerms, Task, TensorSpec } from "../../base/task.ts";

/** What a method knows of its task. */
export type PersonalTask = Pick<Task, "tensors" | "seed" | "model" | "input" | "output" | "privacy"> & {
  readonly personal: PersonalTerms;
  readonly training: Pick<Task["training"], "learningRate">;
};

/** What a training gave of both parts. */
export interface PersonalFit extends Omit<FitResult, "params"> {
  readonly shared: Float32Array;
  readonly own: Float32Array;
}

/** A method at work on one task. It keeps nothing: `own`, what stays with the site, is handed in and out. */
export interface PersonalModel {
  /** What stays, before anything was trained. */
  begin(): Float32Array;
  /** Whether what was saved can be such a part. */
  isOwn(own: Float32Array): boolean;
  /** The whole model by which a shared part, this site's or that of another, is judged here. */
  judged(shared: Float32Array, own: Float32Array): Float32Array;
  /** The whole model with which this site predicts. */
  served(shared: Float32Array, own: Float32Array): Float32Array;
  /** @param request `params` is the shared part. */
  fit(trainer: Trainer, request: FitRequest, own: Float32Array): Promise<PersonalFit>;
}

export interface PersonalMethod {
  /** As tasks name it. */
  readonly name: string;
  readonly about: string;
  readonly source: string;
  /** Patterns of the tensors that stay where the task names none; undefined where no tensor stays, and none may be named. */
  readonly staysByDefault?: (tensors: readonly TensorSpec[]) => readonly string[];
  /** Setting `lambda` where the task names none; undefined where there is no such setting. */
  readonly lambda?: number;
  /** What is wrong with a task for this method. */
  faults(task: Omit<PersonalTask, "personal">): Fault[];
  open(task: PersonalTask): PersonalModel;
}

/** The last layer: the tensors whose names are that of the last one up to its last `/`. */
export function lastLayer(tensors: readonly TensorSpec[]): readonly string[] {
  const [name = ""] = tensors.at(-1) ?? [];
  const slash = name.lastIndexOf("/");
  return [slash === -1 ? name : `${name.slice(0, slash)}/*`];
}
