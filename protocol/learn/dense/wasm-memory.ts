/**
 * The memory in which the kernels of all dense models of a process work, and the kernels themselves. The memory does not grow: where a call needs
 * more, another takes its place. So no more address space is set aside than it has, and kernels are compiled for its size (`WasmModule.pages`).
 */
import {
  assemble,
  createMemory,
  instantiate,
  PAGE,
  type WasmFunction,
  type WasmMemory,
} from "../../base/wasm-module.ts";
import { gatherRows } from "../data/batches.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { type Layout, LIST_SLACK, PACKING, PACKING_TABLE } from "./layout.ts";

let memory: WasmMemory | undefined;
/** The memory as numbers; another array after `place` or `reserve`. */
export let floats: Float32Array = new Float32Array(0);
export let words: Uint32Array = new Uint32Array(0);
/** Of this memory. */
const instances = new Map<string, unknown>();

/** A model, and the sizes that its calls need. */
export interface Sizes {
  /** Models of one name have the same kernels. */
  readonly name: string;
  readonly layout: Layout;
  readonly optimiser: Optimiser;
  /** Of the gradient of a batch; left out where it is not clipped. */
  readonly maxGradientNorm?: number | undefined;
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly targetWidth: number;
  /** Examples that are in memory at a time. */
  readonly maxRows: number;
}

/** Addresses of what goes with the examples of a call. */
export interface Places {
  readonly inputs: number;
  readonly lists: number;
  readonly table: number;
  readonly targets: number;
  readonly order: number;
  /** Of the optimiser. */
  readonly scalars: number;
  readonly noise: number;
}

/** How much of everything a call has in memory at a time. */
export interface Room {
  readonly rows: number;
  readonly indices: number;
  readonly scalars: number;
  /** Of private steps: numbers of 8 bytes. */
  readonly noise?: number;
  readonly params: Float32Array;
}

/** Addresses of what goes with the examples; sees that the memory holds them, or the parameters there. */
export function place(
  { layout, inputWidth, outputWidth, targetWidth }: Sizes,
  { rows, indices, scalars: count, noise: noises = 0, params }: Room,
): Places {
  const inputs = layout.examples;
  const lists = align(inputs + 4 * rows * inputWidth);
  const table = align(lists + 8 * rows * inputWidth + LIST_SLACK);
  const targets = align(table + 8 * rows);
  const order = align(targets + 4 * rows * Math.max(targetWidth, outputWidth));
  const scalars = align(order + 4 * indices);
  const noise = align(scalars + 4 * count);
  const end = noises === 0 ? noise : align(noise + 8 * noises + 32); // a vector beyond its end is read
  reserve(Math.max(end, layout.examples + 4 * params.length));
  return { inputs, lists, table, targets, order, scalars, noise };
}

/** The kernels of a name, compiled where they are not yet. Call it after `place`. @typeParam Exports what `functions` export. */
export function kernelsNamed<Exports>(name: string, functions: () => WasmFunction[]): Exports {
  const known = instances.get(name) as Exports | undefined;
  if (known !== undefined) return known;
  if (memory === undefined) throw new TypeError("no memory yet");
  const pages = floats.byteLength / PAGE;
  const made = instantiate<Exports>(assemble({ functions: functions(), pages }), memory);
  instances.set(name, made);
  return made;
}

/** Sets gradient and state of the optimiser to 0. */
export function clearState({ params, paramBytes, slots }: Layout): void {
  const gradient = (params + paramBytes) / 4;
  floats.fill(0, gradient, gradient + ((1 + slots) * paramBytes) / 4);
}

/** Takes all examples in. */
export function takeExamples(at: Places, { inputs, targets }: Pick<PreparedData, "inputs" | "targets">): void {
  floats.set(inputs, at.inputs / 4);
  floats.set(targets, at.targets / 4);
}

/** Takes the drawn examples in, one after the other; how many examples. */
export function takeDrawn(
  { inputWidth, targetWidth }: Sizes,
  at: Places,
  { inputs, targets }: PreparedData,
  drawn: Uint32Array,
): number {
  gatherRows(inputs, inputWidth, drawn, floats.subarray(at.inputs / 4));
  gatherRows(targets, targetWidth, drawn, floats.subarray(at.targets / 4));
  for (let i = 0; i < drawn.length; i++) words[at.order / 4 + i] = i;
  return drawn.length;
}

/** Sees to a memory of `bytes` and a vector, which reading the end of a row may touch. */
function reserve(bytes: number): void {
  const missing = bytes + 16 - floats.byteLength;
  if (missing <= 0) return;
  memory = createMemory(1 << (32 - Math.clz32(Math.ceil((bytes + 16) / PAGE) - 1))); // a power of two
  floats = new Float32Array(memory.buffer);
  words = new Uint32Array(memory.buffer);
  new Uint8Array(memory.buffer).set(PACKING_TABLE, PACKING);
  instances.clear();
}

function align(address: number): number {
  return 16 * Math.ceil((address + 16) / 16);
}
