/** The kernel of each reduction. */

import { halfWeight } from "../half-weight.ts";
import type { Reduction } from "../passes.ts";
import { medianKernel } from "./median-kernel.ts";
import { positiveZeroKernel } from "./positive-zero-kernel.ts";
import type { ReduceTile } from "./workspace.ts";

/** It holds until another is asked for; undefined where there is none. */
export function reductionKernel(reduction: Reduction): ReduceTile | undefined {
  switch (reduction.kind) {
    case "only":
      return positiveZeroKernel();
    case "median":
      return medianKernel(halfWeight(reduction.weights, reduction.tolerance));
    default:
      return undefined;
  }
}
