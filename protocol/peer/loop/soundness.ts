/** Whether a model of others knows enough to start from: what it knows about the own training data, beside what the own model and models that know nothing do. */
import type { Trainer } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import { initialParams } from "../../learn/tensors.ts";

export interface Soundness {
  /** Mean loss on the own training data; infinite where it is none. */
  lossOf(params: Float32Array): Promise<number>;
  /** The most that a model may lose: half-way between the own model and those that know nothing, the initial one and one of zeros. */
  worstLoss(own: Float32Array): Promise<number>;
}

export function createSoundness({ evaluate }: Pick<Trainer, "evaluate">, task: Task): Soundness {
  async function lossOf(params: Float32Array): Promise<number> {
    const { loss } = await evaluate(params, "train");
    return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
  }
  return {
    lossOf,
    async worstLoss(own) {
      const ownLoss = await lossOf(own);
      const ignorant = Math.min(
        await lossOf(initialParams(task.tensors, task.seed)),
        await lossOf(new Float32Array(own.length)),
      );
      return ownLoss < ignorant ? (ownLoss + ignorant) / 2 : ownLoss;
    },
  };
}
