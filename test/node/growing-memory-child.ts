/** Makes a WebAssembly memory with room for 1,024 pages, as a module without a limit of its own gets it, and lets it have 3,000. */
import { withModestWasm } from "../../node/little-memory.ts";
import { PAGE, type WasmMemory } from "../../protocol/base/wasm-module.ts";

/** What is used of the host's WebAssembly, which neither lib.es2024 nor @types/node declares. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: { readonly m: WasmMemory } } }>;
};

/** `(module (memory (export "m") 16))` */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 16, 7, 5, 1, 1, 0x6d, 2, 0);

const { instance } = await withModestWasm(() => WebAssembly.instantiate(MODULE));
const memory = instance.exports.m;
memory.grow(2984);
process.stdout.write(JSON.stringify({ pages: memory.buffer.byteLength / PAGE }));
