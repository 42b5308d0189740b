/** The kernel of each reduction. */

import { halfWeight } from "../rows/half-weight.ts";
import type { Reduction } from "../rows/passes.ts";
import { meanAroundMedianKernel, trimmedMeanKernel } from "./mean-kernels.ts";
import { medianKernel } from "./median-kernel.ts";
import { positiveZeroKernel } from "./positive-zero-kernel.ts";
import type { ReduceTile, Workspace } from "./workspace.ts";

/** It holds until another is asked for. */
export function reductionKernel(workspace: Workspace, reduction: Reduction): ReduceTile {
  switch (reduction.kind) {
    case "only":
      return positiveZeroKernel(workspace);
    case "median":
      return medianKernel(workspace, halfWeight(reduction.weights, reduction.tolerance));
    case "trimmed-mean":
      return trimmedMeanKernel(workspace, reduction.n, reduction.trim);
    case "mean-around-median":
      return meanAroundMedianKernel(workspace, reduction.n, reduction.keep);
  }
}
