import { log } from "../../base/exp-log.ts";
import type { Attack, Shadow } from "./attack.ts";
import type { Observed } from "./observe.ts";

/** A standard deviation below this, of shadows that all answer alike, counts as this. */
const LEAST_SPREAD = 1e-6;

/** Two normal distributions of one signal of one example, of which the deviations are those of all examples. */
interface Fit {
  readonly means: Float64Array;
  /** Of each column. */
  readonly spreads: readonly number[];
}

/**
 * `likelihood-ratio`: LiRA, online, with variances common to all examples.
 *
 *     score_i = sum_j ln N(s_ij; a_ij, u_j) - ln N(s_ij; b_ij, v_j)
 *
 * where s_ij is signal j of example i under the attacked model (`observe.ts`), N the density of the normal distribution, a_ij and b_ij the means of
 * that signal over the shadows that were trained on example i and over the others, and u_j and v_j the standard deviations around those means,
 * over all examples: with fewer than 64 shadows of each kind a deviation of each example by itself is worse (the paper, section VI.C). Signals are taken for independent
 * of one another. Each example is compared with itself, so a hard one that the model knows stands out. O(n S) time for S shadows.
 *
 * @throws RangeError where an example has no shadow that was trained on it, or none that was not.
 * @see Carlini, Chien, Nasr, Song, Terzis, Tramèr, "Membership Inference Attacks From First Principles", IEEE S&P 2022 (arXiv 2112.03570), algorithm 1.
 * @example
 * import { likelihoodRatio } from "hearsay/protocol/privacy/inference/likelihood-ratio";
 * const answer = (signal) => ({ losses: Float64Array.of(0), signals: Float64Array.of(signal) });
 * const shadow = (signal, trained) => ({ observed: answer(signal), trainedOn: Uint8Array.of(trained) });
 * const shadows = [shadow(3, 1), shadow(5, 1), shadow(-1, 0), shadow(1, 0)];
 * likelihoodRatio.score(answer(4), shadows)[0].toFixed(3); // -> "4.000"
 * likelihoodRatio.score(answer(2), shadows)[0].toFixed(3); // -> "0.000"
 */
export const likelihoodRatio: Attack = {
  name: "likelihood-ratio",
  needsShadows: true,
  score(target, shadows) {
    const rows = target.losses.length;
    const width = rows === 0 ? 0 : target.signals.length / rows;
    const [known, unknown] = [fit(target, shadows, 1), fit(target, shadows, 0)];
    const scores = new Float64Array(rows);
    for (let i = 0; i < target.signals.length; i++) {
      const row = Math.floor(i / width);
      const ratio = density(target, known, i, width) - density(target, unknown, i, width);
      scores[row] = (scores[row] as number) + ratio;
    }
    return scores;
  },
};

/** The logarithm, but for a constant that is the same in all. */
function density({ signals }: Observed, { means, spreads }: Fit, i: number, width: number): number {
  const spread = spreads[i % width] as number;
  const apart = ((signals[i] as number) - (means[i] as number)) / spread;
  return -(apart * apart) / 2 - log(spread);
}

/** Over the shadows that were trained on an example (`kind` 1), or were not (0). */
function fit({ losses: { length: rows }, signals }: Observed, shadows: readonly Shadow[], kind: number): Fit {
  const width = rows === 0 ? 0 : signals.length / rows;
  const counts = new Uint32Array(rows);
  const means = new Float64Array(signals.length);
  for (const { trainedOn } of shadows)
    for (let row = 0; row < rows; row++) if (trainedOn[row] === kind) counts[row] = (counts[row] as number) + 1;
  const lonely = counts.indexOf(0);
  if (lonely >= 0)
    throw new RangeError(`example ${lonely} has no shadow that was ${kind === 1 ? "" : "not "}trained on it`);
  eachSignal(shadows, kind, width, (i, row, value) => {
    means[i] = (means[i] as number) + value / (counts[row] as number);
  });
  const squares = new Float64Array(width);
  eachSignal(shadows, kind, width, (i, _row, value) => {
    const apart = value - (means[i] as number);
    squares[i % width] = (squares[i % width] as number) + apart * apart;
  });
  const freedom = Math.max(1, counts.reduce((sum, count) => sum + count, 0) - rows);
  return { means, spreads: Array.from(squares, (sum) => Math.max(LEAST_SPREAD, Math.sqrt(sum / freedom))) };
}

function eachSignal(
  shadows: readonly Shadow[],
  kind: number,
  width: number,
  see: (i: number, row: number, value: number) => void,
): void {
  for (const { observed, trainedOn } of shadows)
    for (let i = 0; i < observed.signals.length; i++) {
      const row = Math.floor(i / width);
      if (trainedOn[row] === kind) see(i, row, observed.signals[i] as number);
    }
}
