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

type Judge = Pick<Trainer, "evaluate" | "revision">;

export function createSoundness(trainer: Judge, task: Task): Soundness {
  return new SoundnessOf(trainer, task);
}

class SoundnessOf implements Soundness {
  readonly #trainer: Judge;
  readonly #task: Task;
  #ignorantOnSample: number | undefined;
  #revision: number | undefined;

  constructor(trainer: Judge, task: Task) {
    this.#trainer = trainer;
    this.#task = task;
    this.#revision = trainer.revision;
  }

  lossOf(params: Float32Array): Promise<number> {
    return this.#lossOn("train", params);
  }

  async worstLoss(own: Float32Array): Promise<number> {
    const ownLoss = await this.lossOf(own);
    const ignorant = await this.#leastOfIgnorant("train", own.length);
    return ownLoss < ignorant ? (ownLoss + ignorant) / 2 : ownLoss;
  }

  async knowing(models: readonly Float32Array[], fewest: number): Promise<readonly boolean[]> {
    const { mostLoss } = this.#task.aggregation;
    if (mostLoss === undefined || models.length === 0) return models.map(() => true);
    if (this.#revision !== this.#trainer.revision) this.#ignorantOnSample = undefined; // of other rows
    this.#revision = this.#trainer.revision;
    const losses: number[] = [];
    for (const params of models) losses.push(await this.#lossOn("sample", params));
    const { length } = models[0] as Float32Array;
    const ignorant = this.#ignorantOnSample ?? (await this.#leastOfIgnorant("sample", length));
    if (Number.isFinite(ignorant)) this.#ignorantOnSample = ignorant;
    const best = losses.toSorted((a, b) => a - b)[Math.min(fewest, losses.length) - 1] as number;
    const limit = best < ignorant ? best + mostLoss * (ignorant - best) : Number.POSITIVE_INFINITY;
    return losses.map((loss) => loss <= limit);
  }

  async #lossOn(split: Split, params: Float32Array): Promise<number> {
    try {
      const { loss } = await this.#trainer.evaluate(params, split);
      return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
    } catch (error) {
      if (isHearsayError(error, "ERR_TRAINER")) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  async #leastOfIgnorant(split: Split, length: number): Promise<number> {
    const { tensors, seed } = this.#task;
    return Math.min(
      await this.#lossOn(split, initialParams(tensors, seed)),
      await this.#lossOn(split, new Float32Array(length)),
    );
  }
}
