/** Gradient of 2-D max pooling (NHWC): each dy goes to the first greatest value of its window, in order of rows, then columns. */
import type { TensorInfo } from "./tf.ts";
import { heap, type KernelArguments, type Shape4, type WindowAttributes } from "./wasm-kernel.ts";

export function maxPoolGradient({ tf, backend, inputs, attrs }: KernelArguments): TensorInfo {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as WindowAttributes & {
    filterSize: number | [number, number];
  };
  const shape = input.shape as Shape4;
  const pool = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { batchSize, inChannels: channels, inHeight, inWidth, outHeight, outWidth } = pool;
  const out = backend.makeOutput(shape, "float32");
  const gradient = heap(backend, out).fill(0);
  const x = heap(backend, input);
  const flow = heap(backend, dy);
  const winner = new Uint32Array(channels);

  for (let n = 0, from = 0; n < batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      const y0 = i * pool.strideHeight - pool.padInfo.top;
      const [top, bottom] = [Math.max(0, y0), Math.min(inHeight, y0 + pool.filterHeight)];
      for (let j = 0; j < outWidth; j++, from += channels) {
        const x0 = j * pool.strideWidth - pool.padInfo.left;
        const [left, right] = [Math.max(0, x0), Math.min(inWidth, x0 + pool.filterWidth)];
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            const at = ((n * inHeight + row) * inWidth + column) * channels;
            const first = row === top && column === left;
            for (let c = 0; c < channels; c++)
              if (first || (x[at + c] as number) > (x[winner[c] as number] as number)) winner[c] = at + c;
          }
        }
        for (let c = 0; c < channels; c++) {
          const at = winner[c] as number;
          gradient[at] = (gradient[at] as number) + (flow[from + c] as number);
        }
      }
    }
  }
  return out;
}
