/**
 * What a model of others knows about the own training data, beside what the own model and models that know nothing do: whether it knows enough to start from, and
 * whether it may be merged.
 */
import { isHearsayError } from "../../base/errors.ts";
import type { Split, Trainer } from "../../base/learning-seams.ts";
import type { Task } from "../../base/task.ts";
import { initialParams } from "../../learn/tensors.ts";

export interface Soundness {
  /** Mean loss on the own training data; infinite where it is none, and of every model while a trainer in a process of its own does not answer: then all are alike. */
  lossOf(params: Float32Array): Promise<number>;
  /** The most that a model may lose: half-way between the own model and those that know nothing, the initial one and one of zeros. */
  worstLoss(own: Float32Array): Promise<number>;
  /**
   * Whether each of these models knows enough to be merged (`aggregation.mostLoss`), by its loss on a few own rows: at most that share of the way from the `fewest`-th best of them to
   * models that know nothing. All do where the task does not ask, and where not even so many know anything.
   */
  knowing(models: readonly Float32Array[], fewest: number): Promise<readonly boolean[]>;
}

export function createSoundness(trainer: Pick<Trainer, "evaluate" | "revision">, task: Task): Soundness {
  async function lossOn(split: Split, params: Float32Array): Promise<number> {
    try {
      const { loss } = await trainer.evaluate(params, split);
      return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
    } catch (error) {
      if (isHearsayError(error, "ERR_TRAINER")) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }
  const leastOfIgnorant = async (split: Split, length: number) =>
    Math.min(
      await lossOn(split, initialParams(task.tensors, task.seed)),
      await lossOn(split, new Float32Array(length)),
    );
  let ignorantOnSample: number | undefined;
  let revision = trainer.revision;

  return {
    lossOf: (params) => lossOn("train", params),
    async worstLoss(own) {
      const ownLoss = await lossOn("train", own);
      const ignorant = await leastOfIgnorant("train", own.length);
      return ownLoss < ignorant ? (ownLoss + ignorant) / 2 : ownLoss;
    },
    async knowing(models, fewest) {
      const { mostLoss } = task.aggregation;
      if (mostLoss === undefined || models.length === 0) return models.map(() => true);
      if (revision !== trainer.revision) ignorantOnSample = undefined; // of other rows
      revision = trainer.revision;
      const losses: number[] = [];
      for (const params of models) losses.push(await lossOn("sample", params));
      const ignorant = ignorantOnSample ?? (await leastOfIgnorant("sample", (models[0] as Float32Array).length));
      if (Number.isFinite(ignorant)) ignorantOnSample = ignorant;
      const best = losses.toSorted((a, b) => a - b)[Math.min(fewest, losses.length) - 1] as number;
      const limit = best < ignorant ? best + mostLoss * (ignorant - best) : Number.POSITIVE_INFINITY;
      return losses.map((loss) => loss <= limit);
    },
  };
}
