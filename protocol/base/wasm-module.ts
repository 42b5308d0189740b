/**
 * A tiny assembler of WebAssembly, with which kernels are emitted for the exact shape at hand (number of inputs, layer
 * sizes): unrolled, without a general case. `wasm-instructions.ts` has the instructions.
 */
import { type Code, flatten, TYPES, unsigned, type ValueType, vector } from "./wasm-code.ts";
import { drop, f32x4 } from "./wasm-instructions.ts";

/** `params` and `locals` share one index space, params first. `body` leaves the results on the stack. */
export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

export interface WasmModule {
  readonly functions: readonly WasmFunction[];
  /** Whether its memory is one of `createSharedMemory`. */
  readonly shared?: boolean;
  /** Pages that its memory has at least: constant addresses in them need no check, and others one instead of two. 0 if not given. */
  readonly pages?: number;
}

/** A WebAssembly.Memory: pages of 64 KiB. `grow` replaces `buffer`, and views of the old one are empty from then on. */
export interface WasmMemory<Bytes extends ArrayBufferLike = ArrayBuffer> {
  readonly buffer: Bytes;
  grow(pages: number): number;
}

/** What is used of the host's WebAssembly, which neither lib.es2024 nor @types/node declares. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory<never>;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
};

/** The most pages that a memory has: 4 GiB. */
const MOST_PAGES = 65_536;

/** Bytes of a page. */
export const PAGE = 65_536;

/** A module that imports memory "env" "memory", and exports each function under its name. */
export function assemble({ functions, shared = false, pages = 0 }: WasmModule): Uint8Array {
  const limits = shared ? [0x03, unsigned(pages), unsigned(MOST_PAGES)] : [0x00, unsigned(pages)];
  const types = functions.map(({ params, results }) => [0x60, valueTypes(params), valueTypes(results)]);
  const bodies = functions.map(({ locals, body }) =>
    sized([vector(locals.map((type) => [1, TYPES[type]])), body, 0x0b]),
  );
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      [1, sized(vector(types))],
      [2, sized(vector([[text("env"), text("memory"), 0x02, limits]]))],
      [3, sized(vector(functions.map((_, index) => unsigned(index))))],
      [7, sized(vector(functions.map(({ name }, index) => [text(name), 0x00, unsigned(index)])))],
      [10, sized(vector(bodies))],
    ]),
  );
}

/** Compiles a module made by `assemble`, at once, and returns its functions over `memory`. */
export function instantiate<Exports>(bytes: Uint8Array, memory: WasmMemory<ArrayBufferLike>): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports;
}

/** Memory that never grows: for one that might, hosts set aside 4 GiB of address space. */
export function createMemory(pages: number): WasmMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/**
 * Memory of at most `most` pages that several threads may have; it crosses to them by message. When it grows, views of the old
 * buffer stay what they are.
 * @throws RangeError where the host has not that much address space, all of which is set aside.
 */
export function createSharedMemory(pages: number, most: number = MOST_PAGES): WasmMemory<SharedArrayBuffer> {
  return new WebAssembly.Memory({ initial: pages, maximum: most, shared: true });
}

let simd: boolean | undefined;

/** Whether this host runs WebAssembly with SIMD; found out once. */
export function hasSimd(): boolean {
  if (simd === undefined) {
    const body = drop(f32x4.sqrt(f32x4.const(2)));
    const probe = assemble({ functions: [{ name: "probe", params: [], results: [], locals: [], body }] });
    simd = typeof WebAssembly === "object" && WebAssembly.validate(probe);
  }
  return simd;
}

function valueTypes(types: readonly ValueType[]): Code {
  return vector(types.map((type) => TYPES[type]));
}

function text(ascii: string): Code {
  return vector(Array.from(ascii, (letter) => letter.charCodeAt(0)));
}

function sized(content: Code): Code {
  const bytes = flatten(content);
  return [unsigned(bytes.length), bytes];
}
