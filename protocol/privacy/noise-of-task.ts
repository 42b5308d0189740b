/** The noise that a task asks for: as it says, or the least under which its epochs keep within a target. */
import { HearsayError } from "../base/errors.ts";
import { RATE_ONE } from "../base/spent.ts";
import { MOST_NOISE, noiseFor } from "./accountant.ts";
import type { PrivacyTerms } from "./mechanism.ts";

/**
 * Noise multiplier in thousandths.
 * @param rate of each record in a noisy step, in 2^-32.
 * @param steps noisy steps of one epoch.
 * @throws HearsayError ERR_TASK where no noise is enough.
 */
export function noiseOfTask(terms: PrivacyTerms, rate: number, steps: number): number {
  const { noiseMultiplier, targetEpsilon, epochs = 1, delta } = terms;
  if (noiseMultiplier !== undefined) return Math.floor(1000 * noiseMultiplier + 0.5);
  const epsilon = targetEpsilon ?? terms.maxEpsilon ?? 0;
  const found = noiseFor({ rate: rate / RATE_ONE, steps: Math.ceil(epochs * steps), epsilon, delta });
  if (found !== undefined) return Math.floor(1000 * found + 0.5);
  throw new HearsayError(
    "ERR_TASK",
    `privacy.targetEpsilon is ${epsilon}: no noise up to ${MOST_NOISE} keeps ${epochs} epochs of this peer's data within it; take fewer epochs, more data, or a higher target`,
    { path: "privacy.targetEpsilon" },
  );
}
