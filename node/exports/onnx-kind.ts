/** What a kind of layer is given to become operators of ONNX. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { LayersModel } from "../engines/tf.ts";
import type { Graph, Tensor } from "./onnx-graph.ts";

export type BuiltLayer = LayersModel["layers"][number];

/** Something computed, under its name in the graph. */
export interface Value {
  readonly name: string;
  /** Of one row. */
  readonly shape: readonly number[];
}

/** A layer, where it stands in the graph. */
export interface Place {
  readonly graph: Graph;
  readonly layer: BuiltLayer;
  /** As tfjs gives it: all fields, in camel case. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Value[];
  /** Of one row of what it gives. */
  readonly shape: readonly number[];
  /** Its weight of this name; undefined where it has none. */
  weight(name: string, of?: BuiltLayer): Tensor | undefined;
  /** What a layer within it gives for this value. */
  inner(layer: BuiltLayer, value: Value): Value;
}

/** Adds its operators to the graph; the name of what they give. @throws HearsayError ERR_CONFIG for what ONNX is not told here. */
export type LayerKind = (place: Place) => string;

/** Its only input. */
export function only({ inputs }: Place): Value {
  return inputs[0] as Value;
}

/** @throws Error where the layer has no such weight: tfjs has changed. */
export function needed(place: Place, name: string, of?: BuiltLayer): Tensor {
  const weight = place.weight(name, of);
  if (weight === undefined) throw new Error(`layer ${place.layer.name} has no weight ${name}`);
  return weight;
}

export function refusal(layer: BuiltLayer, what: string): HearsayError {
  const message = `--format onnx: layer ${JSON.stringify(layer.name)} (${layer.getClassName()}) ${what}; take tfjs, which has all that a task may have, or safetensors`;
  return new HearsayError("ERR_CONFIG", message, { layer: layer.name });
}
