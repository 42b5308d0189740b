/** What trains in a simulation: the engine that `auto` takes, in the thread of the run. */
import type { Task } from "../../../protocol/base/task.ts";
import type { Trainers } from "../../../protocol/learn/trainer.ts";
import { AUTO, engineFor } from "../../engines/registry.ts";

/** @throws HearsayError ERR_ENGINE where the engine cannot train the model or does not load. */
export function trainersFor(task: Task): Promise<Trainers> {
  return engineFor(AUTO, task).createTrainers(task);
}
