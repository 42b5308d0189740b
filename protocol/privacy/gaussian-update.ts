import type { FitRequest, FitResult, SecretDraws } from "../base/learning-seams.ts";
import { RATE_ONE } from "../base/spent.ts";
import type { Mechanism } from "./mechanism.ts";
import { noiseOfTask } from "./noise-of-task.ts";
import { samplingRate } from "./sampling-rate.ts";

/**
 * `gaussian-update`: differential privacy of all records of a peer at once. What a training changed is cut to the clip norm C, and noise is
 * added to it:
 *
 *     x = start + u min(1, C / |u|) + N(0, (sigma C)^2),    u = trained - start
 *
 * Every training counts, for everybody sees whose models are published: no amplification by sampling is claimed. So it takes much more noise than
 * dp-sgd for the same epsilon, and is of use for few trainings of large networks. It works with any engine. `release(x) = x`: noise is in the model
 * before others see it, and before the peer goes on from it. O(d) a training.
 *
 * @throws HearsayError ERR_TASK where no noise keeps within the target of the task.
 * @see McMahan et al., Learning Differentially Private Recurrent Language Models, ICLR 2018 (arXiv 1710.06963).
 * @example
 * import { gaussianUpdate } from "hearsay/protocol/privacy/gaussian-update";
 * const terms = { mechanism: "gaussian-update", clipNorm: 1, noiseMultiplier: 5, delta: 1e-5, maxEpsilon: 8 };
 * gaussianUpdate.budget.kindFor(terms, { rows: 1437, training: { batch: 32, steps: 10 } }); // -> { rate: 4294967296, noise: 5000 }
 * // A training is one noisy step, however many optimiser steps it has.
 * gaussianUpdate.budget.noisySteps(10); // -> 1
 */
export const gaussianUpdate: Mechanism & Required<Pick<Mechanism, "budget">> = {
  name: "gaussian-update",
  isRepeatable: true,
  release: (trained) => trained,
  budget: {
    needsExamples: false,
    kindFor(terms, { rows, training }) {
      const trainingsOfAnEpoch = RATE_ONE / samplingRate(Math.max(1, rows), training.batch) / training.steps;
      return { rate: RATE_ONE, noise: noiseOfTask(terms, RATE_ONE, trainingsOfAnEpoch) };
    },
    noisySteps: () => 1,
    async fit({ trainer, terms, kind, draws }, request) {
      const result = await trainer.fit(request);
      return noisyUpdate(request, result, { clipNorm: terms.clipNorm, noise: kind.noise, draws });
    },
  },
};

/** The clip norm and the noise are whole numbers of a step of the grid, so that the sum is exact (draws.ts). */
const STEPS_OF_CLIP = 2 ** 24;

interface UpdateNoise {
  readonly clipNorm: number;
  /** In thousandths. */
  readonly noise: number;
  readonly draws: SecretDraws;
}

function noisyUpdate(
  { params: start }: Pick<FitRequest, "params">,
  { params, loss }: FitResult,
  { clipNorm, noise, draws }: UpdateNoise,
): FitResult {
  const grid = clipNorm / STEPS_OF_CLIP;
  const update = Float64Array.from(params, (x, i) => x - (start[i] as number));
  const norm = Math.sqrt(update.reduce((sum, u) => sum + u * u, 0));
  // rounding moves a vector by up to grid sqrt(d) / 2, and the norm was computed in floating point
  const threshold = Math.max(0, clipNorm * (1 - 1 / 2 ** 20) - (grid * Math.sqrt(update.length)) / 2);
  const factor = Number.isFinite(norm) ? Math.min(1, threshold / norm) : 0; // one that is not finite adds nothing
  const deviates = new Float64Array(update.length);
  draws.noise(deviates, (noise / 1000) * STEPS_OF_CLIP);
  const moved = start.map((x, i) => {
    const steps = factor === 0 || norm === 0 ? 0 : Math.floor(((update[i] as number) * factor) / grid + 0.5);
    return x + (steps + (deviates[i] as number)) * grid;
  });
  return { params: moved, loss };
}
