/** Weighted sums of models. */

/**
 * sum_i w_i x_i, summed in float64 in the order given and rounded once to float32; a new array.
 * Throws RangeError unless there are as many weights as models, at least one, all of one length.
 */
export function weightedSum(models: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const length = models[0]?.length;
  if (length === undefined || models.length !== weights.length || models.some((model) => model.length !== length))
    throw new RangeError(`${models.length} models and ${weights.length} weights make no sum`);
  const sum = new Float64Array(length);
  for (const [k, model] of models.entries()) {
    const weight = weights[k] as number;
    for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + weight * (model[i] as number);
  }
  return Float32Array.from(sum);
}

/** The plain average, 1/n sum_i x_i. */
export function average(models: readonly Float32Array[]): Float32Array {
  return weightedSum(models, new Array<number>(models.length).fill(1 / models.length));
}
