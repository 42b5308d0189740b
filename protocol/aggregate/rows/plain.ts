/** The passes, coordinate by coordinate: the reference that the kernels equal to the bit, and what runs where there is no SIMD. */

import { gramPlain, squaredLengthsPlain } from "./differences.ts";
import { type Pass, type Passes, rowsRead } from "./passes.ts";
import { reducer } from "./reductions.ts";

export const PLAIN: Passes = {
  gram: gramPlain,
  squaredLengths: squaredLengthsPlain,
  reduce(rows, pass, result = new Float32Array(rows[0]?.length ?? 0)) {
    reducePlain(rows, pass, result);
    return result;
  },
};

/** Carries out a pass on all coordinates of `rows`. O(d n^2) time, O(n) memory. */
function reducePlain(rows: readonly Float32Array[], pass: Pass, result: Float32Array): void {
  const column = new Float64Array(rowsRead(pass));
  const fill = columnOf(rows, pass);
  const reduce = reducer(pass.reduction);
  for (let c = 0; c < result.length; c++) {
    fill(c, column);
    result[c] = Math.fround(reduce(column)) + 0;
  }
}

/** A function that writes the values of coordinate c, one for each row or mixture that the pass reads. */
export function columnOf(rows: readonly Float32Array[], { mixed }: Pass): (c: number, column: Float64Array) => void {
  if (mixed === undefined)
    return (c, column) => {
      for (let i = 0; i < column.length; i++) column[i] = (rows[i] as Float32Array)[c] as number;
    };
  const { coefficients, scales, listed, lists } = mixed;
  const own = rows[0] as Float32Array;
  const count = listed.length / scales.length;
  const sign = lists === "held" ? -1 : 1;
  const summands = new Float64Array(coefficients.length);
  return (c, column) => {
    const origin = own[c] as number;
    let sum = 0;
    for (let j = 1; j < summands.length; j++) {
      const summand = (((rows[j] as Float32Array)[c] as number) - origin) * (coefficients[j] as number);
      summands[j] = summand;
      sum += summand;
    }
    if (lists === "held") sum = 0;
    for (let i = 0; i < column.length; i++) {
      let part = sum;
      for (let e = i * count; e < (i + 1) * count; e++) part -= summands[listed[e] as number] as number;
      column[i] = Math.fround(part * (sign * (scales[i] as number)) + origin);
    }
  };
}
