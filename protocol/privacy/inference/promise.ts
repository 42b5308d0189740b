/** What differential privacy promises against every membership inference, also those that nobody has thought of. */
import { exp, log } from "../../base/exp-log.ts";
import type { RocPoint } from "./roc.ts";

/** (epsilon, delta)-differential privacy of one record, added or removed. */
export interface Guarantee {
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * The greatest share of members that an attack finds which takes the share `rate` of the others for members:
 *
 *     min(1, e^epsilon rate + delta, 1 - e^-epsilon (1 - delta - rate))
 *
 * @see Kairouz, Oh, Viswanath, "The Composition Theorem for Differential Privacy", ICML 2015 (arXiv 1311.0776), theorem 2.1.
 * @example
 * import { mostTruePositives } from "hearsay/protocol/privacy/inference/promise";
 * mostTruePositives({ epsilon: 0, delta: 0 }, 0.25); // -> 0.25
 */
export function mostTruePositives({ epsilon, delta }: Guarantee, rate: number): number {
  return Math.max(0, Math.min(1, exp(epsilon) * rate + delta, 1 - exp(-epsilon) * (1 - delta - rate)));
}

/**
 * The greatest area under the ROC curve: under (0, delta), (a, 1 - a), (1 - delta, 1) and (1, 1) with a = (1 - delta) / (1 + e^epsilon), where the two
 * lines of `mostTruePositives` meet.
 * @example
 * import { mostArea } from "hearsay/protocol/privacy/inference/promise";
 * mostArea({ epsilon: 0, delta: 0 }); // -> 0.5
 */
export function mostArea({ epsilon, delta }: Guarantee): number {
  const meet = (1 - delta) / (1 + exp(epsilon));
  const lower = (meet * (delta + 1 - meet)) / 2;
  const upper = ((1 - delta - meet) * (2 - meet)) / 2;
  return Math.min(1, lower + upper + delta);
}

/**
 * The least epsilon under which an attack could do so well, by the ends of its intervals: what somebody promised must not be less.
 *
 *     max(0, ln((low end of the true positives - delta) / high end of the false positives))
 *
 * @see Jagielski, Ullman, Oprea, "Auditing Differentially Private Machine Learning", NeurIPS 2020 (arXiv 2006.07709), section 4.
 * @example
 * import { leastEpsilon } from "hearsay/protocol/privacy/inference/promise";
 * const interval = (low, high) => ({ value: (low + high) / 2, low, high });
 * leastEpsilon({ truePositives: interval(0.25, 0.35), falsePositives: interval(0.01, 0.25) }, 0); // -> 0
 * leastEpsilon({ truePositives: interval(0.2, 0.3), falsePositives: interval(0, 0.02) }, 0).toFixed(4); // -> "2.3026"
 */
export function leastEpsilon({ truePositives, falsePositives }: RocPoint, delta: number): number {
  const found = truePositives.low - delta;
  return found <= falsePositives.high ? 0 : log(found / falsePositives.high);
}
