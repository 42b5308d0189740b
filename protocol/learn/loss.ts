/** Training losses, with their gradient with respect to what the model puts out. Both are means over the batch. */

/**
 * z_i becomes exp(z_i - max z) / sum_j exp(z_j - max z), row by row, in place.
 * @param width numbers per row.
 */
export function softmaxRows(values: Float32Array, rows: number, width: number): void {
  for (let row = 0; row < rows; row++) softmaxRow(values, row * width, width);
}

/**
 * Softmax cross-entropy of logits, 1/rows sum (ln sum_j exp z_j - z_y), in nats.
 * `logits` are overwritten by the gradient, (softmax(z) - onehot(y)) / rows.
 */
export function softmaxCrossEntropy(logits: Float32Array, classes: Float32Array, rows: number, width: number): number {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const truth = start + (classes[row] as number);
    const logit = logits[truth] as number;
    loss += softmaxRow(logits, start, width) - logit;
    logits[truth] = (logits[truth] as number) - 1;
    for (let k = start; k < start + width; k++) logits[k] = (logits[k] as number) / rows;
  }
  return loss / rows;
}

/**
 * Mean squared error, 1/(rows width) sum (o - t)^2: mean over rows and over targets.
 * `outputs` are overwritten by the gradient, 2 (o - t) / (rows width).
 */
export function meanSquaredError(outputs: Float32Array, targets: Float32Array, rows: number, width: number): number {
  const count = rows * width;
  let loss = 0;
  for (let i = 0; i < count; i++) {
    const error = (outputs[i] as number) - (targets[i] as number);
    loss += error * error;
    outputs[i] = (2 * error) / count;
  }
  return loss / count;
}

/** Softmax of one row in place; returns ln sum_j exp z_j. */
function softmaxRow(values: Float32Array, start: number, width: number): number {
  const end = start + width;
  let max = Number.NEGATIVE_INFINITY;
  for (let k = start; k < end; k++) if ((values[k] as number) > max) max = values[k] as number;
  let sum = 0;
  for (let k = start; k < end; k++) sum += Math.exp((values[k] as number) - max);
  for (let k = start; k < end; k++) values[k] = Math.exp((values[k] as number) - max) / sum;
  return max + Math.log(sum);
}
