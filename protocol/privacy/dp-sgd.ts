import { HearsayError } from "../base/errors.ts";
import { RATE_ONE } from "../base/spent.ts";
import type { Mechanism } from "./mechanism.ts";
import { noiseOfTask } from "./noise-of-task.ts";
import { samplingRate } from "./sampling-rate.ts";

/**
 * `dp-sgd`: differential privacy of single records. Each step draws each record with the chance q, cuts its gradient to the clip norm C, and adds noise:
 *
 *     g = (sum over the sample of g_i min(1, C / |g_i|)  +  N(0, (sigma C)^2)) / batch;    q = batch / rows, rounded down
 *
 * Sample and noise are secret (draws.ts). Batches vary, and what comes out is divided by the batch of the task, so that their size does not show.
 * What is published is what was trained: noise is in it already, so that merging, predicting and publishing it again cost nothing more. `release(x) = x`, which
 * an audit repeats; that there was noise in the training is claimed, as the training is. The engine does the steps (learn/private-steps.ts).
 * O(d) a step for the noise, beside what a step costs; the dense engine cuts gradients at hardly any cost, others take example by example.
 *
 * @throws HearsayError ERR_TASK where no noise keeps within the target of the task, ERR_ENGINE where a trainer does not hide examples.
 * @see Abadi et al., Deep Learning with Differential Privacy, CCS 2016 (arXiv 1607.00133); accountant.ts for what it costs.
 * @example
 * import { dpSgd } from "hearsay/protocol/privacy/dp-sgd";
 * const terms = { mechanism: "dp-sgd", clipNorm: 1, targetEpsilon: 8, epochs: 20, delta: 1e-5, maxEpsilon: 8 };
 * const kind = dpSgd.budget.kindFor(terms, { rows: 1437, training: { batch: 32, steps: 10 } });
 * kind.noise; // -> 788
 * dpSgd.budget.noisySteps(10); // -> 10
 */
export const dpSgd: Mechanism & Required<Pick<Mechanism, "budget">> = {
  name: "dp-sgd",
  isRepeatable: true,
  release: (trained) => trained,
  budget: {
    needsExamples: true,
    kindFor(terms, { rows, training }) {
      const rate = samplingRate(Math.max(1, rows), training.batch);
      return { rate, noise: noiseOfTask(terms, rate, RATE_ONE / rate) };
    },
    noisySteps: (steps) => steps,
    async fit({ trainer, terms, kind: { rate, noise } }, request) {
      const privateSteps = { clipNorm: terms.clipNorm, noiseMultiplier: noise / 1000, rate };
      const result = await trainer.fit({ ...request, privateSteps });
      if (result.hidesExamples === true) return result;
      throw new HearsayError(
        "ERR_ENGINE",
        `the task asks for dp-sgd, and the trainer ${trainer.engine} does not hide single examples (FitRequest.privateSteps); use an engine of Hearsay, or the mechanism gaussian-update`,
        { engine: trainer.engine },
      );
    },
  },
};
