/** One step of an optimiser in plain TypeScript, number by number. */
import type { Arithmetic, Optimiser } from "../optimisers/optimiser.ts";

const FLOAT32: Arithmetic<number> = {
  add: (a, b) => Math.fround(a + b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  sqrt: (a) => Math.fround(Math.sqrt(a)),
};

/** One step of the optimiser, number by number. */
export function descend(
  { advance, change }: Optimiser,
  params: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  scalars: readonly number[],
): void {
  for (let i = 0; i < params.length; i++) {
    const g = gradient[i] as number;
    const after = advance(
      FLOAT32,
      g,
      slots.map((slot) => slot[i] as number),
      scalars,
    );
    for (const [k, slot] of slots.entries()) slot[i] = after[k] as number;
    params[i] = (params[i] as number) - change(FLOAT32, g, after, scalars);
  }
}
