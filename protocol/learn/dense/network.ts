/**
 * A stack of dense layers: a_0 = x, a_l = phi(a_(l-1) W_l + b_l), and the last layer linear; its exact gradient by
 * backpropagation (Rumelhart, Hinton & Williams, Nature 323, 1986). Softmax regression is the stack of one layer.
 */
import type { Activation, TensorSpec } from "../../base/task.ts";
import { tensorSlices } from "../tensors.ts";
import { tanh } from "./elementary.ts";
import { affine, type DenseLayer, inputGradient, kernelGradient } from "./matrix.ts";

const fround = Math.fround;

export interface Network {
  /**
   * Linear outputs, rows x outputs, in a buffer that the next call overwrites. `inputs` is kept for `backward` by
   * reference.
   */
  forward(params: Float32Array, inputs: Float32Array, rows: number): Float32Array;
  /**
   * Gradient with respect to all parameters, of the loss whose gradient with respect to the outputs of the last
   * `forward` (same params) is `outputGradient`; written to `gradient`, length d.
   */
  backward(params: Float32Array, outputGradient: Float32Array, gradient: Float32Array): void;
  /** The gradient with respect to the outputs of each layer alone, for `layer`. */
  deltas(params: Float32Array, outputGradient: Float32Array): void;
  /** Inputs of a layer, and the gradient with respect to its outputs, row after row, after `deltas`; valid until the next call. */
  layer(index: number): LayerPass;
}

/** What one layer saw of a pass forth and back. */
export interface LayerPass {
  readonly inputs: Float32Array;
  readonly deltas: Float32Array;
}

/** Layers from the schema of a softmax or mlp model: kernel, bias, kernel, bias ... */
export function denseLayers(tensors: readonly TensorSpec[]): DenseLayer[] {
  const slices = tensorSlices(tensors);
  const layers: DenseLayer[] = [];
  for (let i = 0; i + 1 < slices.length; i += 2) {
    const { shape, offset, length } = slices[i] as (typeof slices)[number];
    const [inputs, outputs] = shape as [number, number];
    layers.push({ inputs, outputs, kernel: offset, bias: offset + length });
  }
  return layers;
}

/** A network with buffers for `maxRows` rows: 8 bytes per row and unit. */
export function createNetwork(layers: readonly DenseLayer[], activation: Activation, maxRows: number): Network {
  const outputs = layers.map((layer) => new Float32Array(maxRows * layer.outputs));
  // deltas[l]: gradient with respect to the output of layer l; that of the last layer is given
  const deltas = layers.slice(0, -1).map((layer) => new Float32Array(maxRows * layer.outputs));
  let seen: Float32Array = new Float32Array(0);
  let given: Float32Array = new Float32Array(0);
  let rows = 0;

  function forward(params: Float32Array, inputs: Float32Array, count: number): Float32Array {
    seen = inputs;
    rows = count;
    let x = inputs;
    for (const [l, layer] of layers.entries()) {
      const y = outputs[l] as Float32Array;
      affine(x, rows, params, layer, y);
      if (l < layers.length - 1) activate(activation, y, rows * layer.outputs);
      x = y;
    }
    return x;
  }

  const inputsOf = (l: number) => (l === 0 ? seen : (outputs[l - 1] as Float32Array));

  /** From the last layer to the first: what a layer is told of `dy`, the gradient with respect to its outputs. */
  function passBack(params: Float32Array, outputGradient: Float32Array, told: (l: number, dy: Float32Array) => void) {
    let dy = outputGradient;
    for (let l = layers.length - 1; l >= 0; l--) {
      const layer = layers[l] as DenseLayer;
      told(l, dy);
      if (l === 0) return;
      const dx = deltas[l - 1] as Float32Array;
      inputGradient(dy, rows, params, layer, dx);
      throughActivation(activation, inputsOf(l), dx, rows * layer.inputs);
      dy = dx;
    }
  }

  return {
    forward,
    backward: (params, outputGradient, gradient) =>
      passBack(params, outputGradient, (l, dy) =>
        kernelGradient(inputsOf(l), rows, dy, layers[l] as DenseLayer, gradient),
      ),
    deltas(params, outputGradient) {
      given = outputGradient;
      passBack(params, outputGradient, () => {});
    },
    layer: (index) => ({
      inputs: inputsOf(index),
      deltas: index === layers.length - 1 ? given : (deltas[index] as Float32Array),
    }),
  };
}

/** The first `length` values become phi(value). */
export function activate(activation: Activation, values: Float32Array, length: number): void {
  if (activation === "relu") {
    for (let i = 0; i < length; i++) if ((values[i] as number) < 0) values[i] = 0;
  } else {
    for (let i = 0; i < length; i++) values[i] = tanh(values[i] as number);
  }
}

/** delta *= phi'(z), from y = phi(z): 1 where y > 0, else 0 (relu); 1 - y^2 (tanh). */
function throughActivation(activation: Activation, y: Float32Array, delta: Float32Array, length: number): void {
  if (activation === "relu") {
    for (let i = 0; i < length; i++) if ((y[i] as number) <= 0) delta[i] = 0;
  } else {
    for (let i = 0; i < length; i++)
      delta[i] = (delta[i] as number) * fround(1 - fround((y[i] as number) * (y[i] as number)));
  }
}
