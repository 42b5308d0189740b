/** What a task may say and is known to learn badly with: sentences for whoever joins it or runs a peer of it. A task with some runs all the same. */
import type { Task } from "../base/task.ts";

/** Above it the roundings of 4 bits are added up to more than a network of few peers cancels (../codec/README.md). */
const MOST_MOMENTUM_OF_INT4 = 0.5;

/** Each with the field, the value and the remedy. Empty for nearly all tasks. */
export function cautionsOf({ codec, training: { outerMomentum } }: Pick<Task, "codec" | "training">): string[] {
  if (codec !== "int4" || outerMomentum === undefined || outerMomentum <= MOST_MOMENTUM_OF_INT4) return [];
  return [
    `codec: int4 with training.outerMomentum ${outerMomentum}: what 4 bits round away adds up, and where few peers learn the model may get worse with time; take ${MOST_MOMENTUM_OF_INT4} at most, or codec int8`,
  ];
}
