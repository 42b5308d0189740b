/**
 * Normal deviates from random bits, by the ziggurat method in the form of Doornik, An Improved Ziggurat Method to Generate Normal Random
 * Samples, 2005 (after Marsaglia & Tsang 2000): layer and place in it come from different bits. 53 bits give the place, so that no two layers show in the last bits.
 */
import { exp, log } from "../base/exp-log.ts";

const LAYERS = 256;
/** Where the tail begins, and the area of each layer: so that the topmost one ends at 0. */
const TAIL = 3.6541528853610088;
const AREA = 4.92867323399e-3;

/** Right edges of the layers, falling; the first is that of a box as large as the tail and the layer below it. */
const EDGES: Float64Array = rightEdges();
/** Share of each layer that lies under the curve for sure. */
const SURE: Float64Array = Float64Array.from({ length: LAYERS }, (_, i) => edge(i + 1) / edge(i));
/** e^(-x^2 / 2) at each edge. */
const HEIGHTS: Float64Array = EDGES.map((x) => exp(-0.5 * x * x));

function rightEdges(): Float64Array {
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

/** 32 random bits, as a signed number: engines keep those without an object on the heap. */
export type Bits = () => number;

/** Uniform on (0, 1), 53 bits, neither 0 nor 1. */
function uniform(bits: Bits): number {
  return ((bits() >>> 6) * 2 ** 27 + (bits() >>> 5) + 0.5) / 2 ** 53;
}

/** Which layer two words name: the lowest 8 bits of the first. */
function layerOf(low: number): number {
  return low & (LAYERS - 1);
}

/** The place in it that they name, in (-1, 1): 53 bits, of the second and of the upper 21 of the first, exactly. */
function placeOf(low: number, high: number): number {
  return (high * 2 ** 21 + (low >>> 11) + 0.5) / 2 ** 52;
}

/** A standard normal deviate. */
function normalDeviate(bits: Bits): number {
  const [low, high] = [bits(), bits()];
  const [layer, u] = [layerOf(low), placeOf(low, high)];
  return Math.abs(u) < (SURE[layer] as number) ? u * edge(layer) : atEdge(layer, u, bits);
}

/** One time in 80 the place is not under the curve for sure. */
function atEdge(layer: number, u: number, bits: Bits): number {
  if (layer === 0) return u < 0 ? -tail(bits) : tail(bits);
  const x = u * edge(layer);
  const [low, high] = [HEIGHTS[layer] as number, HEIGHTS[layer + 1] as number];
  return high + uniform(bits) * (low - high) < exp(-0.5 * x * x) ? x : normalDeviate(bits);
}

/** Indices of deviates that a first try left open. */
let open = new Uint32Array(0);

/**
 * Normal deviates times `deviation`, rounded to whole numbers: as many as two words of `tries` each give, to `to` from index 0 on. What they leave open
 * takes more from `bits`.
 */
export function roundedDeviates(to: Float64Array, tries: Int32Array, deviation: number, bits: Bits): void {
  const count = tries.length / 2;
  if (open.length < count) open = new Uint32Array(count);
  const left = tryAll(to, tries, deviation, open);
  for (let k = 0; k < left; k++) {
    const i = open[k] as number;
    const low = tries[2 * i] as number;
    to[i] = Math.floor(atEdge(layerOf(low), placeOf(low, tries[2 * i + 1] as number), bits) * deviation + 0.5);
  }
}

/** A loop without calls, three times as fast as one with them. How many were left open. */
function tryAll(to: Float64Array, tries: Int32Array, deviation: number, leftOpen: Uint32Array): number {
  const [edges, sure] = [EDGES, SURE];
  const count = tries.length / 2;
  let left = 0;
  for (let i = 0; i < count; i++) {
    const low = tries[2 * i] as number;
    const u = placeOf(low, tries[2 * i + 1] as number);
    const layer = layerOf(low);
    to[i] = Math.floor(u * (edges[layer] as number) * deviation + 0.5);
    if (!(Math.abs(u) < (sure[layer] as number))) leftOpen[left++] = i;
  }
  return left;
}

/** Beyond TAIL (Marsaglia 1964). */
function tail(bits: Bits): number {
  for (;;) {
    const x = -log(uniform(bits)) / TAIL;
    if (-2 * log(uniform(bits)) >= x * x) return TAIL + x;
  }
}
