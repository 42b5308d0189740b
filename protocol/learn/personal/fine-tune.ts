/**
 * Fine-tuning at the end of life: a model that was learned together is trained on by one site on its own rows, and the best on its hold-out is kept (Wang et al., Federated evaluation of
 * on-device personalization, arXiv:1910.10252; Yu, Bagdasaryan, Shmatikov, Salvaging federated learning by local adaptation, arXiv:2002.04758). Nothing of it is shared.
 */
import type { Metrics, Trainer } from "../../base/learning-seams.ts";

export interface FineTuneOptions {
  /** The most steps in all. */
  readonly steps: number;
  /** Steps from one look at the hold-out to the next. */
  readonly stepsAtOnce: number;
  /** Looks without a better model, one after another, before it stops. */
  readonly patience: number;
  /** Names the order of mini-batches. */
  readonly seed: string;
  /** Steps in the lineage of the model. */
  readonly age: number;
}

export interface FineTuned {
  /** The best model, which is the one that was given where none was better. */
  readonly params: Float32Array;
  /** Steps to it; 0 where none was better. */
  readonly steps: number;
  /** On the hold-out. */
  readonly before: Metrics;
  readonly after: Metrics;
}

/** By the loss on the hold-out of the trainer. @throws HearsayError ERR_DATA where that has none. */
export async function fineTune(
  trainer: Pick<Trainer, "fit" | "evaluate">,
  given: Float32Array,
  { steps: most, stepsAtOnce, patience, seed, age }: FineTuneOptions,
): Promise<FineTuned> {
  const before = await trainer.evaluate(given, "holdout");
  let best = { params: given, steps: 0, before, after: before };
  let params = given;
  for (let steps = 0, worse = 0; steps < most && worse < patience; worse++) {
    const next = Math.min(stepsAtOnce, most - steps);
    ({ params } = await trainer.fit({
      params,
      steps: next,
      seed: `${seed}/${steps}`,
      age: age + steps,
      forSite: true,
    }));
    steps += next;
    const after = await trainer.evaluate(params, "holdout");
    if (!Number.isFinite(after.loss)) break;
    if (after.loss >= best.after.loss) continue;
    best = { params, steps, before, after };
    worse = -1;
  }
  return best;
}
