/** What a kernel for the wasm backend of tfjs is handed and how it reaches the numbers. */
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo, Tf } from "./tf.ts";

export interface KernelArguments {
  readonly tf: Tf;
  readonly backend: BackendWasm;
  /** Named as in tfjs-core's kernel_names.ts. */
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Runs the kernel of this name that the backend itself ships. */
  shipped(name: string, inputs: Record<string, TensorInfo>, attrs: Readonly<Record<string, unknown>>): TensorInfo;
}

/** Returns a new tensor, made by `backend.makeOutput`; what else it made, it disposes of. */
export type WasmKernel = (args: KernelArguments) => TensorInfo;

/** Attributes that convolution and pooling share, as tfjs passes them. */
export interface WindowAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number] | null;
  readonly pad: Parameters<Tf["backend_util"]["computeConv2DInfo"]>[4];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: string;
}

export type Shape4 = [number, number, number, number];

/**
 * The float32 values of a tensor, as a view of the WebAssembly heap: void as soon as the heap grows, so allocate first.
 */
export function heap(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}
