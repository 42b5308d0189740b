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
   * How little each of these models knows, where that is too little for a merge of a task with `aggregation.mostLoss`; undefined where it knows enough. Told is its
   * place, by its loss on a few own rows as a training here sees them, on the way from the `fewest`-th best of them to models that know nothing: 0 is as good as the
   * first, 1 as little as the second. Where not even so many know anything, too little is what does harm: it loses more than `HARMFUL` times what ignorance loses,
   * and more than the `fewest`-th best; its place is infinite.
   */
  knowingTooLittle(models: readonly Float32Array[], fewest: number): Promise<readonly (number | undefined)[]>;
}

/** A model that knows nothing of the own rows loses no more than this times what ignorance does, unless it is made to harm: its answers are not so sure. */
const HARMFUL = 4;

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

  async knowingTooLittle(models: readonly Float32Array[], fewest: number): Promise<readonly (number | undefined)[]> {
    const { mostLoss } = this.#task.aggregation;
    if (mostLoss === undefined || models.length === 0) return models.map(() => undefined);
    if (this.#revision !== this.#trainer.revision) this.#ignorantOnSample = undefined; // of other rows
    this.#revision = this.#trainer.revision;
    const losses: number[] = [];
    for (const params of models) losses.push(await this.#lossOn("training-sample", params));
    const { length } = models[0] as Float32Array;
    const ignorant = this.#ignorantOnSample ?? (await this.#leastOfIgnorant("training-sample", length));
    if (Number.isFinite(ignorant)) this.#ignorantOnSample = ignorant;
    const best = losses.toSorted((a, b) => a - b)[Math.min(fewest, losses.length) - 1] as number;
    if (best >= ignorant) {
      const most = Math.max(best, HARMFUL * ignorant);
      return losses.map((loss) => (loss <= most ? undefined : Number.POSITIVE_INFINITY));
    }
    const places = losses.map((loss) => (loss - best) / (ignorant - best));
    return places.map((place) => (place <= mostLoss ? undefined : place));
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
