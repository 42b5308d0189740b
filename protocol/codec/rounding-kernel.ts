/**
 * The rounding of rounding.ts as WebAssembly, four parameters at a time: the same operations in the same order, hence the same bits.
 *
 *     memory     16 bytes of lanes | levels of one chunk | parameters of one chunk, with zeros up to a whole group
 */
import type { Code } from "../base/wasm-code.ts";
import { f32x4, f64x2, forLoop, i32, i32x4, local, shuffle, v128 } from "../base/wasm-instructions.ts";
import { assemble, createMemory, hasSimd, instantiate, PAGE, type WasmFunction } from "../base/wasm-module.ts";
import { FOLD, LANES, MIX, plainRounding, type Rounding, STEP, seedFrom } from "./rounding.ts";

/** Parameters that are worked on at a time. */
const CHUNK = 8192;
const LEVELS_AT = 64;
const PARAMS_AT: number = LEVELS_AT + CHUNK;
const PAGES: number = Math.ceil((PARAMS_AT + 4 * CHUNK) / PAGE);
/** The lowest bytes of four int32, two of each of two vectors. */
const LEVEL_BYTES = [0, 4, 16, 20, ...new Array<number>(12).fill(0)];

interface Kernels {
  /** Folds `count` parameters into the lanes. */
  fold(count: number): void;
  largest(count: number): number;
  /** `seed` is that of the first of them: seed + index * STEP. */
  round(count: number, seed: number, scale: number, most: number): void;
}

let made: Rounding | undefined;

/** The fastest rounding that this host has. */
export function rounding(): Rounding {
  made ??= hasSimd() ? createKernelRounding() : plainRounding;
  return made;
}

function createKernelRounding(): Rounding {
  const memory = createMemory(PAGES);
  const { fold, largest, round } = instantiate<Kernels>(
    assemble({ functions: [foldKernel(), largestKernel(), roundKernel()], pages: PAGES }),
    memory,
  );
  const lanes = new Int32Array(memory.buffer, 0, LANES);
  const loaded = new Float32Array(memory.buffer, PARAMS_AT, CHUNK);
  const rounded = new Int8Array(memory.buffer, LEVELS_AT, CHUNK);

  /** Hands `params[from .. to)` to `work`, chunk by chunk. */
  function inChunks(
    params: Float32Array,
    from: number,
    to: number,
    work: (count: number, start: number) => void,
  ): void {
    for (let start = from; start < to; start += CHUNK) {
      const count = Math.min(CHUNK, to - start);
      loaded.set(params.subarray(start, start + count));
      loaded.fill(0, count, Math.ceil(count / LANES) * LANES);
      work(count, start);
    }
  }

  return {
    seedOf(params) {
      lanes.fill(0);
      const whole = params.length - (params.length % LANES);
      inChunks(params, 0, whole, fold);
      const rest = new Int32Array(params.buffer, params.byteOffset + 4 * whole, params.length - whole);
      for (const [k, word] of rest.entries()) lanes[k] = Math.imul((lanes[k] as number) ^ word, FOLD);
      return seedFrom(lanes);
    },
    largest(params, from, to) {
      let most = 0;
      inChunks(params, from, to, (count) => {
        most = Math.max(most, largest(count));
      });
      return most;
    },
    round(params, levels, { from, to, scale, most, seed }) {
      inChunks(params, from, to, (count, start) => {
        round(count, (seed + Math.imul(start, STEP)) | 0, scale, most);
        levels.set(rounded.subarray(0, count), start);
      });
    },
  };
}

/** Runs `body` for each group of four; local `i` counts parameters, local 0 is their number. */
function groups(i: number, ...body: Code[]): Code {
  return forLoop(i, i32.const(0), local.get(0), LANES, ...body);
}

function paramsAt(i: number): Code {
  return v128.load(i32.shl(local.get(i), i32.const(2)), PARAMS_AT);
}

function foldKernel(): WasmFunction {
  const [i, lanes] = [1, 2];
  const folded = i32x4.mul(v128.xor(local.get(lanes), paramsAt(i)), i32x4.const(FOLD));
  const body = [
    local.set(lanes, v128.load(i32.const(0))),
    groups(i, local.set(lanes, folded)),
    v128.store(i32.const(0), local.get(lanes)),
  ];
  return { name: "fold", params: ["i32"], results: [], locals: ["i32", "v128"], body };
}

function largestKernel(): WasmFunction {
  const [i, most] = [1, 2];
  const lane = (k: number) => f32x4.splat(f32x4.extract_lane(k, local.get(most)));
  const body = [
    groups(i, local.set(most, f32x4.max(local.get(most), f32x4.abs(paramsAt(i))))),
    f32x4.extract_lane(0, f32x4.max(f32x4.max(lane(0), lane(1)), f32x4.max(lane(2), lane(3)))),
  ];
  return { name: "largest", params: ["i32"], results: ["f32"], locals: ["i32", "v128"], body };
}

function roundKernel(): WasmFunction {
  const [seed, scale, most, i, word, x, scales, highest] = [1, 2, 3, 4, 5, 6, 7, 8];
  const shifted = (by: number) => i32x4.shr_u(local.get(word), i32.const(by));
  const stir = (by: number) => local.set(word, v128.xor(local.get(word), shifted(by)));
  const times = (factor: number) => local.set(word, i32x4.mul(local.get(word), i32x4.const(factor)));
  const index = i32x4.add(i32x4.splat(local.get(i)), i32x4.const(0, 1, 2, 3));
  const half = (upper: boolean) => level(upper, { word, x, scales, highest });
  const body = [
    local.set(scales, f64x2.splat(local.get(scale))),
    local.set(highest, f64x2.splat(local.get(most))),
    groups(
      i,
      local.set(x, paramsAt(i)),
      local.set(word, i32x4.add(i32x4.splat(local.get(seed)), i32x4.mul(index, i32x4.const(STEP)))),
      [stir(16), times(MIX[0]), stir(13), times(MIX[1]), stir(16)],
      v128.store32_lane(0, local.get(i), shuffle(LEVEL_BYTES, half(false), half(true)), LEVELS_AT),
    ),
  ];
  return {
    name: "round",
    params: ["i32", "i32", "f64", "f64"],
    results: [],
    locals: ["i32", ...new Array<"v128">(4).fill("v128")],
    body,
  };
}

/** Two levels, as int32 in lanes 0 and 1. */
function level(upper: boolean, at: Readonly<Record<"word" | "x" | "scales" | "highest", number>>): Code {
  const lanes = (vector: number) => {
    const value = local.get(vector);
    return upper ? shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0], value, value) : value;
  };
  const chance = f64x2.add(
    f64x2.mul(f64x2.convert_low_i32x4_s(lanes(at.word)), f64x2.const(1 / 2 ** 32)),
    f64x2.const(0.5),
  );
  const sum = f64x2.add(f64x2.div(f64x2.promote_low_f32x4(lanes(at.x)), local.get(at.scales)), chance);
  const highest = local.get(at.highest);
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.max(f64x2.neg(highest), f64x2.min(highest, f64x2.floor(sum))));
}
