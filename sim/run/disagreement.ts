/** How far models lie apart. */
import { mean } from "../../protocol/base/figures.ts";

/** Mean of |x_i - c| over |c|, where c is the mean of the x_i; 0 for none. */
export function disagreement(models: readonly Float32Array[]): number {
  const centre = new Float64Array(models[0]?.length ?? 0);
  for (const model of models)
    for (let i = 0; i < centre.length; i++) centre[i] = (centre[i] as number) + (model[i] as number);
  for (let i = 0; i < centre.length; i++) centre[i] = (centre[i] as number) / models.length;
  let length = 0;
  for (const value of centre) length += value * value;
  if (length === 0) return 0;
  const distances = models.map((model) => {
    let sum = 0;
    for (let i = 0; i < centre.length; i++) {
      const difference = (model[i] as number) - (centre[i] as number);
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  });
  return mean(distances) / Math.sqrt(length);
}
