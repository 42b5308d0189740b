/** The kernel of each reduction. */

import { halfWeight } from "../half-weight.ts";
import type { Reduction } from "../passes.ts";
import { meanAroundMedianKernel, trimmedMeanKernel } from "./mean-kernels.ts";
import { medianKernel } from "./median-kernel.ts";
import { positiveZeroKernel } from "./positive-zero-kernel.ts";
import type { ReduceTile } from "./workspace.ts";

/** It holds until another is asked for. */
export function reductionKernel(reduction: Reduction): ReduceTile {
  switch (reduction.kind) {
    case "only":
      return positiveZeroKernel();
    case "median":
      return medianKernel(halfWeight(reduction.weights, reduction.tolerance));
    case "trimmed-mean":
      return trimmedMeanKernel(reduction.n, reduction.trim);
    case "mean-around-median":
      return meanAroundMedianKernel(reduction.n, reduction.keep);
  }
}
