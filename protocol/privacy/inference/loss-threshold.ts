import type { Attack } from "./attack.ts";

/**
 * `loss-threshold`: an example of low loss was trained on.
 *
 *     score_i = -l_i
 *
 * where l_i is the loss of example i under the attacked model. One threshold holds for all examples, so that it takes an easy example for a member
 * and a hard one for none: it finds models that overfit, and hardly ever a single member for certain. O(n) time, no shadows.
 *
 * @throws nothing.
 * @see Yeom, Giacomelli, Fredrikson, Jha, "Privacy Risk in Machine Learning", CSF 2018 (arXiv 1709.01604), Adversary 2.
 * @example
 * import { lossThreshold } from "hearsay/protocol/privacy/inference/loss-threshold";
 * const losses = Float64Array.of(0.25, 2);
 * [...lossThreshold.score({ losses, signals: Float64Array.of(1, -2) }, [])]; // -> [-0.25, -2]
 */
export const lossThreshold: Attack = {
  name: "loss-threshold",
  needsShadows: false,
  score: ({ losses }) => losses.map((loss) => -loss),
};
