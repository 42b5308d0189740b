/** Which passes serve: SIMD where the host has it and the vectors are long enough to be worth a call. */

import type { RuleInput } from "../../base/learning-seams.ts";
import { KERNELS } from "../kernels/passes.ts";
import { kernelsServe } from "../kernels/workspace.ts";
import type { Passes } from "./passes.ts";
import { PLAIN } from "./plain.ts";

/** Shorter vectors are done before a kernel has been called. */
const KERNEL_LENGTH = 32;

export function standardPasses({ own, candidates }: RuleInput): Passes {
  return own.length >= KERNEL_LENGTH && kernelsServe(candidates.length + 2) ? KERNELS : PLAIN;
}
