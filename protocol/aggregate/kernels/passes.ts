/** The passes by SIMD: rows go through the workspace chunk by chunk, and tile by tile through the first cache. */

import { type Pass, type Passes, rowsRead } from "../passes.ts";
import { gramKernel, squaredLengthsKernel } from "./gram-kernel.ts";
import { mixtureKernel } from "./mixture-kernel.ts";
import { reductionKernel } from "./reduction-kernel.ts";
import { CHUNK, forgetRows, GROUP, loadRows, TILE, takeResult } from "./workspace.ts";

/** The same as `PLAIN`, to the bit, for at most `MAX_ROWS` rows. */
export const KERNELS: Passes = {
  gram: gramKernel,
  squaredLengths: squaredLengthsKernel,
  reduce(rows, pass, result = new Float32Array(rows[0]?.length ?? 0)) {
    reduceByKernel(rows, pass, result);
    return result;
  },
};

/** Carries out a pass on all coordinates of `rows`. Memory of one chunk of each row. */
function reduceByKernel(rows: readonly Float32Array[], pass: Pass, result: Float32Array): void {
  const { mixed } = pass;
  const reduce = reductionKernel(pass.reduction);
  const mix = mixed && mixtureKernel(mixed);
  const needed = mixed === undefined ? rows.slice(0, rowsRead(pass)) : rows;
  for (let chunk = 0; chunk < result.length; chunk += CHUNK) {
    const size = Math.min(CHUNK, result.length - chunk);
    loadRows(needed, chunk, size);
    forgetRows();
    for (let tile = 0; tile < size; tile += TILE) {
      const bytes = 4 * Math.ceil(Math.min(TILE, size - tile) / GROUP) * GROUP;
      mix?.(4 * tile, bytes);
      reduce(4 * tile, bytes);
    }
    takeResult(result, chunk, size);
  }
}
