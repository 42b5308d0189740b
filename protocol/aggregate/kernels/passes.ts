/** The passes by SIMD: rows are read where they lie, or through the slots of the workspace, and mixed tile by tile in the first cache. */

import { type Pass, type Passes, rowsRead } from "../rows/passes.ts";
import { gramKernel, squaredLengthsKernel } from "./gram-kernel.ts";
import { mixtureKernel } from "./mixture-kernel.ts";
import { reductionKernel } from "./reduction-kernel.ts";
import { CHUNK, copyNumbers, GROUP, ownWorkspace, TILE, type Workspace } from "./workspace.ts";

/** The same as `PLAIN`, to the bit, for at most `MAX_ROWS` rows, in a memory of their own to which rows are copied. */
export const KERNELS: Passes = kernelPasses(ownWorkspace);

/** The same for rows, and results, that may lie in the memory of that workspace: they are not copied. */
export function kernelPasses(workspace: () => Workspace): Passes {
  return {
    gram: (rows) => gramKernel(workspace(), rows),
    squaredLengths: (rows) => squaredLengthsKernel(workspace(), rows),
    reduce(rows, pass, result = new Float32Array(rows[0]?.length ?? 0)) {
      reduceByKernel(workspace(), rows, pass, result);
      return result;
    },
  };
}

/** Carries out a pass on all coordinates of `rows`. */
function reduceByKernel(workspace: Workspace, rows: readonly Float32Array[], pass: Pass, result: Float32Array): void {
  const { at, f32 } = workspace;
  const { mixed } = pass;
  const reduce = reductionKernel(workspace, pass.reduction);
  const mix = mixed && mixtureKernel(workspace, mixed);
  const needed = mixed === undefined ? rows.slice(0, rowsRead(pass)) : rows;
  const inPlace = workspace.holds(result);

  /** Bytes of the rows that the table shows, all of which are groups. */
  function carryOut(from: number, bytes: number, target: number): void {
    if (mix === undefined) reduce(at.rows, from, bytes, target);
    for (let tile = 0; mix !== undefined && tile < bytes; tile += 4 * TILE) {
      const some = Math.min(4 * TILE, bytes - tile);
      mix(from + tile, some);
      reduce(at.mixtures, 0, some, target + tile);
    }
  }

  for (let start = 0, shown = 0; start < result.length; start += shown) {
    shown = workspace.show(needed, start);
    for (let chunk = 0; chunk < shown; chunk += CHUNK) {
      const size = Math.min(CHUNK, shown - chunk);
      const direct = inPlace && size % GROUP === 0;
      const place = start + chunk;
      carryOut(4 * chunk, 4 * Math.ceil(size / GROUP) * GROUP, direct ? result.byteOffset + 4 * place : at.result);
      if (!direct) copyNumbers(f32, at.result / 4, size, result, place);
    }
  }
  workspace.forget();
}
