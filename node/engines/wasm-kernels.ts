/**
 * Repairs tfjs-backend-wasm 4.22 for training; test/node/engines/wasm-kernels.test.ts holds each repair against the cpu
 * backend and against differences of the forward pass.
 *   - Conv2DBackpropFilter, the two depthwise gradients and UnsortedSegmentSum (gradient of gather: embeddings) are
 *     missing.
 *   - MaxPoolGrad is wrong, without a word, where all values of a pooling window are negative.
 *   - AvgPoolGrad is wrong where a window reaches into the padding (it divides by the whole window, the forward pass by
 *     the part inside).
 *   - Convolutions with padding `same` are wrong where 1 < kernel size < stride (XNNPACK's unsigned padding wraps
 *     around).
 *   - Conv2DBackpropInput is right, but a plain loop: a forward convolution does the same in a seventh of the time.
 *   - Gradients of 3-D convolution and pooling are wrong: taken away, so that a model with them is refused.
 */
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo, Tf } from "./tf.ts";
import { convFilterGradient, convInputGradient, spelledPadding } from "./wasm-convolution.ts";
import { depthwiseFilterGradient, depthwiseInputGradient } from "./wasm-depthwise.ts";
import { heap, type KernelArguments, type WasmKernel } from "./wasm-kernel.ts";
import { averagePoolGradient, maxPoolGradient } from "./wasm-pooling.ts";

const KERNELS: Readonly<Record<string, WasmKernel>> = {
  Conv2DBackpropFilter: convFilterGradient,
  Conv2DBackpropInput: convInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  Conv2D: spelledPadding("Conv2D"),
  FusedConv2D: spelledPadding("FusedConv2D"),
  DepthwiseConv2dNative: spelledPadding("DepthwiseConv2dNative"),
  FusedDepthwiseConv2D: spelledPadding("FusedDepthwiseConv2D"),
  AvgPoolGrad: averagePoolGradient,
  MaxPoolGrad: maxPoolGradient,
  UnsortedSegmentSum: unsortedSegmentSum,
};

const WRONG = ["AvgPool3DGrad", "Conv3DBackpropInputV2", "MaxPool3D", "MaxPool3DGrad"];

/**
 * Registers the kernels with tfjs, in place of shipped ones of the same name. Call once, after the backend has been
 * imported.
 */
export function registerWasmKernels(tf: Tf): void {
  const own = new Map(tf.getKernelsForBackend("wasm").map((config) => [config.kernelName, config]));
  for (const kernelName of WRONG) tf.unregisterKernel(kernelName, "wasm");
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    const replaced = own.get(kernelName);
    if (replaced !== undefined) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({
      kernelName,
      backendName: "wasm",
      ...(replaced?.setupFunc === undefined ? {} : { setupFunc: replaced.setupFunc }),
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel({
          tf,
          backend: backend as BackendWasm,
          inputs: inputs as Record<string, TensorInfo>,
          attrs: attrs ?? {},
          shipped(name, shippedInputs, shippedAttrs) {
            const config = own.get(name);
            if (config === undefined) throw new TypeError(`tfjs-backend-wasm ships no kernel ${name}`);
            return config.kernelFunc({
              inputs: shippedInputs,
              attrs: shippedAttrs as Parameters<typeof config.kernelFunc>[0]["attrs"] & object,
              backend,
            }) as TensorInfo;
          },
        }),
    });
  }
}

/**
 * out[s, ...] = sum of x[i, ...] over the i with segmentIds[i] = s; s in 0 .. numSegments - 1, other ids are left out.
 */
function unsortedSegmentSum({ backend, inputs, attrs }: KernelArguments): TensorInfo {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as { numSegments: number };
  const inner = x.shape.slice(segmentIds.shape.length);
  const width = inner.reduce((product, n) => product * n, 1);
  const out = backend.makeOutput([numSegments, ...inner], "float32");
  const sums = heap(backend, out).fill(0);
  const values = heap(backend, x);
  for (const [i, id] of (backend.typedArrayFromHeap(segmentIds) as Int32Array).entries()) {
    if (id < 0 || id >= numSegments) continue;
    for (let j = 0; j < width; j++)
      sums[id * width + j] = (sums[id * width + j] as number) + (values[i * width + j] as number);
  }
  return out;
}
