/**
 * Training losses, with their gradient with respect to what the model puts out. Both are means over the batch.
 * Gradients are float32, each operation rounded, in the order written here, which is that of `loss-kernels.ts`; the
 * losses themselves are float64.
 */
import { expOfNegative, logOf } from "./elementary.ts";
import { sumLanes } from "./matrix.ts";

const fround = Math.fround;

export type LossName = "cross-entropy" | "squared-error";

/**
 * z_i becomes exp(z_i - max z) / sum_j exp(z_j - max z), row by row, in place.
 * @param width numbers per row.
 */
export function softmaxRows(values: Float32Array, rows: number, width: number): void {
  for (let row = 0; row < rows; row++) softmaxRow(values, row * width, width);
}

/**
 * Softmax cross-entropy of logits, sum over rows of (ln sum_j exp z_j - z_y), in nats.
 * `logits` are overwritten by the gradient of 1/rows of it, (softmax(z) - onehot(y)) / rows.
 */
export function softmaxCrossEntropy(logits: Float32Array, classes: Float32Array, rows: number, width: number): number {
  const count = fround(rows);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const truth = start + (classes[row] as number);
    const logit = logits[truth] as number;
    loss += softmaxRow(logits, start, width) - logit;
    logits[truth] = (logits[truth] as number) - 1;
    for (let k = start; k < start + width; k++) logits[k] = (logits[k] as number) / count;
  }
  return loss;
}

/**
 * Squared error, sum over rows and targets of (o - t)^2.
 * `outputs` are overwritten by the gradient of its mean, 2 (o - t) / (rows width).
 */
export function squaredError(outputs: Float32Array, targets: Float32Array, rows: number, width: number): number {
  const count = fround(rows * width);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    let rowLoss = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const error = fround((outputs[i] as number) - (targets[i] as number));
      rowLoss += error * error;
      outputs[i] = fround(2 * error) / count;
    }
    loss += rowLoss;
  }
  return loss;
}

const lanes = new Float32Array(4);

/** Softmax of one row in place; returns ln sum_j exp z_j. */
function softmaxRow(values: Float32Array, start: number, width: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < width; k++) if ((values[start + k] as number) > max) max = values[start + k] as number;
  lanes.fill(0);
  for (let k = 0; k < width; k++) {
    const power = expOfNegative(fround((values[start + k] as number) - max));
    values[start + k] = power;
    lanes[k & 3] = (lanes[k & 3] as number) + power;
  }
  const sum = sumLanes(lanes);
  for (let k = 0; k < width; k++) values[start + k] = (values[start + k] as number) / sum;
  return max + logOf(sum);
}
