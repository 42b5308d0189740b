/** What an engine is: a way to make a Trainer. Each engine is one file; `registry.ts` lists them. Aggregation is no part of one (`remote-aggregator.ts`). */
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { LearningTask } from "../../protocol/base/task.ts";
import type { TrainerOptions, Trainers } from "../../protocol/learn/trainer.ts";
import type { BackendName } from "./backend-name.ts";

export interface EngineTrainerOptions extends TrainerOptions {
  /** Forces the backend of an engine that has several; by default the fastest that loads. */
  readonly backend?: BackendName;
}

/** An engine, under the name that the setting `engine` takes. */
export interface EngineKind {
  /** As the setting `engine` names it. */
  readonly name: string;
  /** What it runs, in one line for people. */
  readonly runs: string;
  /** What it is for, in a few words for people. */
  readonly usedFor: string;
  /** Memory of a process that learns the smallest model with it, bytes. */
  readonly processBytes: number;
  /** Whether its trainings are over within thousandths of a second, so that they may have the thread of the network (`one-thread.ts`). */
  readonly isBrief?: true;
  /** Whether `auto` may take it for this task: it trains such models, and well. */
  suits(task: Pick<LearningTask, "model">): boolean;
  /**
   * A trainer in this thread; the code behind it is loaded here and not before. `warning` says why training will be slow.
   * @throws HearsayError ERR_ENGINE where the engine cannot train the model or does not load, ERR_TASK, ERR_DATA.
   */
  createTrainer(options: EngineTrainerOptions): Promise<Trainer & { readonly warning?: string }>;
  /** Trainers of many peers in this thread, as a simulation has them: they share what holds no data. @throws as `createTrainer`. */
  createTrainers(task: LearningTask): Promise<Trainers>;
}
