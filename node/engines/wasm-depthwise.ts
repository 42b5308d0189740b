/**
 * Gradients of a depthwise 2-D convolution (NHWC), plain loops over the WebAssembly heap:
 * y[n,i,j,c m + k] = sum over r,s of x[n, i sh + r dh - top, j sw + s dw - left, c] w[r,s,c,k], with channel multiplier
 * m.
 */
import type { TensorInfo } from "./tf.ts";
import { convInfo } from "./wasm-convolution.ts";
import { heap, type KernelArguments } from "./wasm-kernel.ts";

/** dw, shape [height, width, in, m], of inputs x and dy. */
export function depthwiseFilterGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs, attrs } = args;
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape } = attrs as { filterShape: number[] };
  const out = backend.makeOutput(filterShape, "float32");
  const sums = new Float64Array(filterShape.reduce((product, n) => product * n, 1));
  const values = heap(backend, x);
  const flow = heap(backend, dy);
  forEachTerm(args, x.shape, filterShape, (xAt, wAt, yAt, channels, multiplier) => {
    for (let c = 0, k = 0; c < channels; c++) {
      const value = values[xAt + c] as number;
      for (const end = k + multiplier; k < end; k++)
        sums[wAt + k] = (sums[wAt + k] as number) + value * (flow[yAt + k] as number);
    }
  });
  heap(backend, out).set(sums);
  return out;
}

/** dx, shape `inputShape`, of inputs dy and filter. */
export function depthwiseInputGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs, attrs } = args;
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape } = attrs as { inputShape: number[] };
  const out = backend.makeOutput(inputShape, "float32");
  const gradient = heap(backend, out).fill(0);
  const weights = heap(backend, filter);
  const flow = heap(backend, dy);
  forEachTerm(args, inputShape, filter.shape, (xAt, wAt, yAt, channels, multiplier) => {
    for (let c = 0, k = 0; c < channels; c++) {
      let sum = 0;
      for (const end = k + multiplier; k < end; k++) sum += (weights[wAt + k] as number) * (flow[yAt + k] as number);
      gradient[xAt + c] = (gradient[xAt + c] as number) + sum;
    }
  });
  return out;
}

/**
 * Calls `term` for every (n, i, j, r, s) whose input lies in the image, with the offsets of the channels of x, of w and
 * of y.
 */
function forEachTerm(
  args: KernelArguments,
  inputShape: number[],
  filterShape: number[],
  term: (xAt: number, wAt: number, yAt: number, channels: number, multiplier: number) => void,
): void {
  const conv = convInfo(args, inputShape, filterShape, true);
  const { inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, padInfo } = conv;
  const multiplier = outChannels / inChannels;
  for (let n = 0; n < conv.batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let r = 0; r < conv.filterHeight; r++) {
        const row = i * conv.strideHeight + r * conv.dilationHeight - padInfo.top;
        if (row < 0 || row >= inHeight) continue;
        for (let j = 0; j < outWidth; j++) {
          for (let s = 0; s < conv.filterWidth; s++) {
            const column = j * conv.strideWidth + s * conv.dilationWidth - padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            const xAt = ((n * inHeight + row) * inWidth + column) * inChannels;
            const wAt = (r * conv.filterWidth + s) * outChannels;
            term(xAt, wAt, ((n * outHeight + i) * outWidth + j) * outChannels, inChannels, multiplier);
          }
        }
      }
    }
  }
}
