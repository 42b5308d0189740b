/** Convolutions, pooling and what moves pixels, as operators of ONNX: there, channels stand before the pixels, and kernels begin with their outputs. */
import { activate } from "./onnx-activations.ts";
import { apply, hold, permuted, type Tensor, wholes } from "./onnx-graph.ts";
import { type LayerKind, needed, only, type Place, refusal } from "./onnx-kind.ts";

/** A setting for each axis of the pixels, which may be given once for all. */
function perAxis({ config, inputs }: Place, key: string, otherwise: number): number[] {
  const rank = (inputs[0]?.shape.length ?? 0) - 1;
  const value = config[key] ?? otherwise;
  const list = Array.isArray(value) ? (value as number[]) : [value as number];
  return Array.from({ length: rank }, (_, i) => list[i % list.length] as number);
}

function channelsFirst(place: Place, name: string): string {
  const rank = only(place).shape.length - 1;
  if (place.config.dataFormat === "channelsFirst") throw refusal(place.layer, "has its channels first");
  return apply(place.graph, "Transpose", [name], {
    perm: [0, rank + 1, ...Array.from({ length: rank }, (_, i) => i + 1)],
  });
}

function channelsLast(place: Place, name: string): string {
  const rank = only(place).shape.length - 1;
  return apply(place.graph, "Transpose", [name], { perm: [0, ...Array.from({ length: rank }, (_, i) => i + 2), 1] });
}

/** Before each axis, then after each; what is odd comes after. */
function pads(
  { config }: Place,
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
): number[] {
  const before: number[] = [];
  const after: number[] = [];
  for (const [i, size] of sizes.entries()) {
    const [step, covered] = [strides[i] as number, kernel[i] as number];
    const steps = Math.ceil(size / step) - 1;
    const sum = config.padding === "same" ? Math.max(0, steps * step + covered - size) : 0;
    before.push(Math.floor(sum / 2));
    after.push(sum - Math.floor(sum / 2));
  }
  return [...before, ...after];
}

/** Without dilation, which tfjs cannot train. */
function convolve(place: Place, x: string, kernel: Tensor, group: number, biased: boolean): string {
  const { graph } = place;
  const kernelShape = kernel.shape.slice(2);
  const strides = perAxis(place, "strides", 1);
  const sizes = only(place).shape.slice(0, -1);
  const bias = biased ? place.weight("bias") : undefined;
  const inputs = [x, hold(graph, kernel.values, kernel.shape)];
  if (bias !== undefined) inputs.push(hold(graph, bias.values));
  const where = { kernel_shape: kernelShape, pads: pads(place, sizes, kernelShape, strides) };
  return apply(graph, "Conv", inputs, { ...where, strides, group });
}

/** [...pixels, in, multiplier] to [in multiplier, 1, ...pixels]. */
function perChannel(kernel: Tensor): Tensor {
  const { shape, values } = permuted(kernel, [2, 3, 0, 1]);
  const [inputs = 1, multiplier = 1, ...pixels] = shape;
  return { shape: [inputs * multiplier, 1, ...pixels], values };
}

/** [...pixels, in, out] to [out, in, ...pixels]. */
function outputsFirst(kernel: Tensor): Tensor {
  const rank = kernel.shape.length - 2;
  return permuted(kernel, [rank + 1, rank, ...Array.from({ length: rank }, (_, i) => i)]);
}

const convolution: LayerKind = (place) => {
  const x = channelsFirst(place, only(place).name);
  const y = convolve(place, x, outputsFirst(needed(place, "kernel")), 1, true);
  return activate(place, channelsLast(place, y), place.config.activation);
};

const depthwise: LayerKind = (place) => {
  const x = channelsFirst(place, only(place).name);
  const channels = only(place).shape.at(-1) as number;
  const y = convolve(place, x, perChannel(needed(place, "depthwise_kernel")), channels, true);
  return activate(place, channelsLast(place, y), place.config.activation);
};

const separable: LayerKind = (place) => {
  const { graph } = place;
  const x = channelsFirst(place, only(place).name);
  const channels = only(place).shape.at(-1) as number;
  const each = convolve(place, x, perChannel(needed(place, "depthwise_kernel")), channels, false);
  const across = outputsFirst(needed(place, "pointwise_kernel"));
  const bias = place.weight("bias");
  const inputs = [each, hold(graph, across.values, across.shape), ...(bias ? [hold(graph, bias.values)] : [])];
  return activate(place, channelsLast(place, apply(graph, "Conv", inputs)), place.config.activation);
};

/** What a convolution with these strides would have come from. */
const transposedConvolution: LayerKind = (place) => {
  const { graph } = place;
  const kernel = permuted(needed(place, "kernel"), [3, 2, 0, 1]); // [...pixels, out, in] to [in, out, ...pixels]
  const kernelShape = kernel.shape.slice(2);
  const strides = perAxis(place, "strides", 1);
  const beyond = kernelShape.map((n, i) => n - (strides[i] as number));
  const cut = beyond.map((n) => (place.config.padding === "same" ? Math.max(0, n) : 0));
  const before = cut.map((n) => Math.floor(n / 2));
  const bias = place.weight("bias");
  const x = channelsFirst(place, only(place).name);
  const inputs = [x, hold(graph, kernel.values, kernel.shape), ...(bias ? [hold(graph, bias.values)] : [])];
  const y = apply(graph, "ConvTranspose", inputs, {
    kernel_shape: kernelShape,
    strides,
    pads: [...before, ...cut.map((n, i) => n - (before[i] as number))],
    output_padding: beyond.map((n) => Math.max(0, -n)),
  });
  return activate(place, channelsLast(place, y), place.config.activation);
};

const pool =
  (type: "MaxPool" | "AveragePool"): LayerKind =>
  (place) => {
    const { graph } = place;
    const sizes = only(place).shape.slice(0, -1);
    const kernelShape = perAxis(place, "poolSize", 2);
    const strides = place.config.strides == null ? kernelShape : perAxis(place, "strides", 2);
    const x = channelsFirst(place, only(place).name);
    const where = { kernel_shape: kernelShape, strides, pads: pads(place, sizes, kernelShape, strides) };
    return channelsLast(place, apply(graph, type, [x], where));
  };

const poolAll =
  (type: "ReduceMax" | "ReduceMean"): LayerKind =>
  (place) => {
    if (place.config.dataFormat === "channelsFirst") throw refusal(place.layer, "has its channels first");
    const axes = only(place)
      .shape.slice(1)
      .map((_, i) => i + 1);
    return apply(place.graph, type, [only(place).name], { axes, keepdims: 0 });
  };

type Sides = readonly [readonly [number, number], readonly [number, number]];

const zeroPadding: LayerKind = (place) => {
  if (place.config.dataFormat === "channelsFirst") throw refusal(place.layer, "has its channels first");
  const [[top, bottom], [left, right]] = place.config.padding as Sides;
  return apply(place.graph, "Pad", [only(place).name, wholes(place.graph, [0, top, left, 0, 0, bottom, right, 0])]);
};

const cropping: LayerKind = (place) => {
  const { graph, shape } = place;
  if (place.config.dataFormat === "channelsFirst") throw refusal(place.layer, "has its channels first");
  const [[top], [left]] = place.config.cropping as Sides;
  const [height = 0, width = 0] = shape;
  const [starts, ends] = [wholes(graph, [top, left]), wholes(graph, [top + height, left + width])];
  return apply(graph, "Slice", [only(place).name, starts, ends, wholes(graph, [1, 2])]);
};

/** Each pixel several times, in both directions. */
const upSampling: LayerKind = (place) => {
  const { graph, config } = place;
  if (config.dataFormat === "channelsFirst") throw refusal(place.layer, "has its channels first");
  if (config.interpolation !== "nearest") throw refusal(place.layer, `has interpolation ${config.interpolation}`);
  const [height = 0, width = 0, channels = 0] = only(place).shape;
  const [down, right] = perAxis(place, "size", 2) as [number, number];
  const apart = apply(graph, "Reshape", [only(place).name, wholes(graph, [-1, height, 1, width, 1, channels])]);
  const often = apply(graph, "Tile", [apart, wholes(graph, [1, 1, down, 1, right, 1])]);
  return apply(graph, "Reshape", [often, wholes(graph, [-1, height * down, width * right, channels])]);
};

export const SPATIAL_KINDS: Readonly<Record<string, LayerKind>> = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv2DTranspose: transposedConvolution,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  MaxPooling1D: pool("MaxPool"),
  MaxPooling2D: pool("MaxPool"),
  AveragePooling1D: pool("AveragePool"),
  AveragePooling2D: pool("AveragePool"),
  GlobalMaxPooling1D: poolAll("ReduceMax"),
  GlobalMaxPooling2D: poolAll("ReduceMax"),
  GlobalAveragePooling1D: poolAll("ReduceMean"),
  GlobalAveragePooling2D: poolAll("ReduceMean"),
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upSampling,
};
