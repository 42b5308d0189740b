/**
 * 2-D convolution (NHWC): y[n,i,j,o] = sum over r,s,c of x[n, i sh + r - top, j sw + s - left, c] w[r,s,c,o].
 *
 * Each gradient is a forward convolution, which XNNPACK runs with SIMD:
 *   dw[r,s,c,o] = sum over n,i,j of x[...] dy[n,i,j,o]: x with channels as batch, convolved with dy as a filter of size
 *   OH x OW,
 *     dilated by the stride;
 *   dx, at stride 1 = dy convolved with w turned by 180 degrees, input and output channels swapped.
 */
import type { TensorInfo, Tf } from "./tf.ts";
import type { KernelArguments, Shape4, WasmKernel, WindowAttributes } from "./wasm-kernel.ts";

type ConvInfo = ReturnType<Tf["backend_util"]["computeConv2DInfo"]>;

/** dw, shape [height, width, in, out], of inputs x and dy. */
export function convFilterGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs, attrs, shipped } = args;
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape } = attrs as { filterShape: number[] };
  const conv = convInfo(args, x.shape, filterShape);
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth, inChannels, outChannels } = conv;
  // rows and columns that the last window lacks below and to the right: 0 where a stride leaves some over instead
  const below = (conv.outHeight - 1) * strideHeight + filterHeight - conv.inHeight - padInfo.top;
  const right = (conv.outWidth - 1) * strideWidth + filterWidth - conv.inWidth - padInfo.left;

  const channelsFirst = shipped("Transpose", { x }, { perm: [3, 1, 2, 0] }); // [in, height, width, n]
  const filter = shipped("Transpose", { x: dy }, { perm: [1, 2, 0, 3] }); // [OH, OW, n, out]
  const wide = shipped(
    "Conv2D",
    { x: channelsFirst, filter },
    {
      strides: [1, 1],
      dilations: [strideHeight, strideWidth],
      pad: padding(padInfo.top, Math.max(0, below), padInfo.left, Math.max(0, right)),
      dataFormat: "NHWC",
    },
  );
  const size = [inChannels, filterHeight, filterWidth, outChannels];
  const exact = shipped("Slice", { x: wide }, { begin: [0, 0, 0, 0], size });
  const gradient = shipped("Transpose", { x: exact }, { perm: [1, 2, 0, 3] });
  for (const { dataId } of [channelsFirst, filter, wide, exact]) backend.disposeData(dataId);
  return gradient;
}

/**
 * dx, shape `inputShape`, of inputs dy and filter; this kernel is also the forward pass of a transposed convolution.
 */
export function convInputGradient(args: KernelArguments): TensorInfo {
  const { backend, inputs, attrs, shipped } = args;
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape } = attrs as { inputShape: number[] };
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = convInfo(args, inputShape, filter.shape);
  const [top, bottom] = [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom];
  const [left, right] = [filterWidth - 1 - padInfo.left, filterWidth - 1 - padInfo.right];
  if (strideHeight > 1 || strideWidth > 1 || Math.min(top, bottom, left, right) < 0)
    return shipped("Conv2DBackpropInput", { dy, filter }, attrs);

  const turned = shipped("Reverse", { x: filter }, { dims: [0, 1] });
  const swapped = shipped("Transpose", { x: turned }, { perm: [0, 1, 3, 2] });
  const gradient = shipped(
    "Conv2D",
    { x: dy, filter: swapped },
    { strides: [1, 1], dilations: [1, 1], pad: padding(top, bottom, left, right), dataFormat: "NHWC" },
  );
  for (const { dataId } of [turned, swapped]) backend.disposeData(dataId);
  return gradient;
}

/**
 * The shipped forward kernel with padding `same` spelled out in rows and columns, so that XNNPACK does not work it out
 * itself.
 */
export function spelledPadding(name: string): WasmKernel {
  const depthwise = name.includes("Depthwise");
  return (args) => {
    const { inputs, attrs, shipped } = args;
    if ((attrs as unknown as WindowAttributes).pad !== "same") return shipped(name, inputs, attrs);
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const { top, bottom, left, right } = convInfo(args, x.shape, filter.shape, depthwise).padInfo;
    return shipped(name, inputs, { ...attrs, pad: padding(top, bottom, left, right) });
  };
}

function padding(top: number, bottom: number, left: number, right: number): WindowAttributes["pad"] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** Sizes and padding of a convolution. */
export function convInfo(
  { tf, attrs }: KernelArguments,
  inputShape: number[],
  filterShape: number[],
  depthwise = false,
): ConvInfo {
  const { strides, dilations, pad, dimRoundingMode, dataFormat } = attrs as unknown as WindowAttributes;
  if ((dataFormat ?? "NHWC") !== "NHWC") throw new TypeError(`the wasm backend convolves NHWC, not ${dataFormat}`);
  const [x, w] = [inputShape as Shape4, filterShape as Shape4];
  return tf.backend_util.computeConv2DInfo(x, w, strides, dilations ?? 1, pad, dimRoundingMode, depthwise);
}
