/** Inputs from what a training changed in the first layer of a dense model: exact where it saw one example. */

/** A dense first layer before or after a training, or the difference of the two: kernel [inputs, units], row-major, and bias [units]. */
export interface FirstLayer {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Inputs that explain a change of the first layer, in the model's units; the most credible first. Plain gradient descent changes unit j, at an example x with
 * the error e_j, by dW_ij = -r e_j x_i and db_j = -r e_j, so that of one example, in however many steps,
 *
 *     x_i = sum_j dW_ij db_j / sum_j db_j^2          least squares over all units
 *     x_i = dW_ij / db_j                             of unit j alone
 *
 * The first is given first. The others, by falling |db_j|, tell examples apart where each unit was moved by one of them only, as relu makes it: with
 * several examples they are means of those that moved the unit. A unit that was not moved gives none. O(inputs x units) time.
 * @throws RangeError where the kernel is no whole number of rows of the bias.
 * @see Phong, Aono, Hayashi, Wang, Moriai, IEEE TIFS 13 (2018), section 3; Geiping, Bauermeister, Dröge, Moeller, NeurIPS 2020 (arXiv 2003.14053), proposition 3.1.
 * @example
 * import { invertUpdate } from "hearsay/protocol/privacy/inference/invert-update";
 * const change = { kernel: Float32Array.of(-1, 0, -2, 0), bias: Float32Array.of(-0.5, 0) };
 * invertUpdate(change).map((input) => [...input]); // -> [[2, 4], [2, 4]]
 */
export function invertUpdate({ kernel, bias }: FirstLayer): Float32Array[] {
  const units = bias.length;
  if (units === 0 || kernel.length % units !== 0)
    throw new RangeError(`a kernel of ${kernel.length} for ${units} units`);
  const moved = Array.from(bias, (_, j) => j)
    .filter((j) => bias[j] !== 0)
    .sort((a, b) => Math.abs(bias[b] as number) - Math.abs(bias[a] as number));
  if (moved.length === 0) return [];
  return [moved, ...moved.map((j) => [j])].map((some) => leastSquares(kernel, bias, some));
}

function leastSquares(kernel: Float32Array, bias: Float32Array, units: readonly number[]): Float32Array {
  const input = new Float32Array(kernel.length / bias.length);
  const whole = units.reduce((sum, j) => sum + (bias[j] as number) * (bias[j] as number), 0);
  for (let i = 0; i < input.length; i++) {
    let sum = 0;
    for (const j of units) sum += (kernel[i * bias.length + j] as number) * (bias[j] as number);
    input[i] = sum / whole;
  }
  return input;
}
