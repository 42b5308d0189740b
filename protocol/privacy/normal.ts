/**
 * Normal deviates from random bits, by the ziggurat method in the form of Doornik, An Improved Ziggurat Method to Generate Normal Random
 * Samples, 2005 (after Marsaglia & Tsang 2000): layer and place in it come from different bits. 53 bits give the place, so that no two layers show in the last bits.
 */
import { exp, log } from "../base/exp-log.ts";

const LAYERS = 128;
/** Where the tail begins, and the area of each layer. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

/** Right edges of the layers, falling; the first is that of a box as large as the tail and the layer below it. */
const EDGES: Float64Array = edges();
/** Share of each layer that lies under the curve for sure. */
const SURE: Float64Array = Float64Array.from({ length: LAYERS }, (_, i) => edge(i + 1) / edge(i));

function edges(): Float64Array {
  const found = new Float64Array(LAYERS + 1);
  let height = exp(-0.5 * TAIL * TAIL);
  found[0] = AREA / height;
  found[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    const x = Math.sqrt(-2 * log(AREA / (found[i - 1] as number) + height));
    found[i] = x;
    height = exp(-0.5 * x * x);
  }
  return found;
}

function edge(i: number): number {
  return EDGES[i] as number;
}

/** 32 random bits. */
export type Bits = () => number;

/** Uniform on (0, 1), 53 bits, neither 0 nor 1. */
function uniform(bits: Bits): number {
  return ((bits() >>> 6) * 2 ** 27 + (bits() >>> 5) + 0.5) / 2 ** 53;
}

/** A standard normal deviate. */
export function normalDeviate(bits: Bits): number {
  for (;;) {
    const low = bits();
    const layer = low & (LAYERS - 1);
    const u = 2 * ((bits() * 2 ** 21 + (low >>> 11) + 0.5) / 2 ** 53) - 1;
    const x = u * edge(layer);
    if (Math.abs(u) < (SURE[layer] as number)) return x;
    if (layer === 0) return u < 0 ? -tail(bits) : tail(bits);
    const below = exp(-0.5 * (edge(layer) * edge(layer) - x * x));
    const above = exp(-0.5 * (edge(layer + 1) * edge(layer + 1) - x * x));
    if (above + uniform(bits) * (below - above) < 1) return x;
  }
}

/** Beyond TAIL (Marsaglia 1964). */
function tail(bits: Bits): number {
  for (;;) {
    const x = -log(uniform(bits)) / TAIL;
    if (-2 * log(uniform(bits)) >= x * x) return TAIL + x;
  }
}
