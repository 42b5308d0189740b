/**
 * Gradients of 2-D pooling (NHWC). A window covers the pixels of the image that lie under it; padding counts for
 * nothing.
 */
import type { TensorInfo } from "./tf.ts";
import { heap, type KernelArguments, type Shape4, type WindowAttributes } from "./wasm-kernel.ts";

/** Rows and columns of one example that one output pixel pools: from top and left, to below bottom and right. */
interface Window {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** dx of max pooling: each dy goes to the first greatest value of its window, in order of rows, then columns. */
export function maxPoolGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs } = args;
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
  const [, , width, channels] = input.shape as Shape4;
  const out = backend.makeOutput(input.shape, "float32");
  const gradient = heap(backend, out).fill(0);
  const x = heap(backend, input);
  const flow = heap(backend, dy);
  const winner = new Uint32Array(channels);
  forEachWindow(args, input.shape, (window, example, from) => {
    for (let row = window.top; row < window.bottom; row++) {
      for (let column = window.left; column < window.right; column++) {
        const at = example + (row * width + column) * channels;
        const first = row === window.top && column === window.left;
        for (let c = 0; c < channels; c++)
          if (first || (x[at + c] as number) > (x[winner[c] as number] as number)) winner[c] = at + c;
      }
    }
    for (let c = 0; c < channels; c++) {
      const at = winner[c] as number;
      gradient[at] = (gradient[at] as number) + (flow[from + c] as number);
    }
  });
  return out;
}

/** dx of average pooling: each dy is shared out evenly over its window. */
export function averagePoolGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs } = args;
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
  const [, , width, channels] = input.shape as Shape4;
  const out = backend.makeOutput(input.shape, "float32");
  const gradient = heap(backend, out).fill(0);
  const flow = heap(backend, dy);
  forEachWindow(args, input.shape, ({ top, bottom, left, right }, example, from) => {
    const share = 1 / ((bottom - top) * (right - left));
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const at = example + (row * width + column) * channels;
        for (let c = 0; c < channels; c++)
          gradient[at + c] = (gradient[at + c] as number) + share * (flow[from + c] as number);
      }
    }
  });
  return out;
}

/**
 * Calls `visit` with each window, the offset of its example in x, and the offset of its channels in y. The object is
 * used again.
 */
function forEachWindow(
  { tf, attrs }: KernelArguments,
  inputShape: number[],
  visit: (window: Readonly<Window>, example: number, from: number) => void,
): void {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as WindowAttributes & {
    filterSize: number | [number, number];
  };
  const shape = inputShape as Shape4;
  const pool = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = pool;
  const window = { top: 0, bottom: 0, left: 0, right: 0 };
  for (let n = 0, from = 0; n < batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      const row = i * pool.strideHeight - pool.padInfo.top;
      window.top = Math.max(0, row);
      window.bottom = Math.min(inHeight, row + pool.filterHeight);
      for (let j = 0; j < outWidth; j++, from += inChannels) {
        const column = j * pool.strideWidth - pool.padInfo.left;
        window.left = Math.max(0, column);
        window.right = Math.min(inWidth, column + pool.filterWidth);
        visit(window, n * inHeight * inWidth * inChannels, from);
      }
    }
  }
}
