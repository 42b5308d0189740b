/** Row 0 as it is, with +0 for -0. */

import { reduceLoop } from "./reduce-loop.ts";
import type { ReduceTile, Workspace } from "./workspace.ts";

export function positiveZeroKernel(workspace: Workspace): ReduceTile {
  return workspace.kernel("only", () => reduceLoop([], [], ({ row }) => row(0)));
}
