/** What shows only in a model that tfjs has built: fields that it overlooked, and the memory that an example takes. */
import { LIMITS } from "../../protocol/base/limits.ts";
import { isModel, type LayerJson, type ModelJson } from "./keras.ts";
import type { LayersModel } from "./tf.ts";
import { topologyFault } from "./topology-fault.ts";

type BuiltLayer = LayersModel["layers"][number];

/** Fields that change nothing in what a trained model computes, or that tfjs takes in without giving them back. */
const NO_MATTER = [
  "name",
  "seed",
  "dtype",
  "trainable",
  "batch_input_shape",
  "batch_size",
  "input_shape",
  "input_dtype",
].concat(
  ["implementation", "synchronized", "autocast", "use_cudnn", "ragged", "sparse", "optional", "unit_forget_bias"],
  [
    "time_major",
    "renorm_momentum",
    "renorm_clipping",
    "depth_multiplier",
    "layer",
    "backward_layer",
    "cell",
    "cells",
    "input_dim",
  ],
);

/** Values with which a field of Keras computes what tfjs computes without it. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  groups: 1,
  threshold: 0,
  negative_slope: 0,
  fill_mode: "constant",
  fill_value: 0,
  data_format: "channels_last",
};

/** @throws HearsayError ERR_TASK */
export function checkBuilt(model: LayersModel, json: ModelJson): void {
  checkFields(model, json);
  checkMemory(model);
}

/** tfjs ignores fields that it does not know: the model would be another one than its author's. */
function checkFields(model: LayersModel, json: ModelJson): void {
  const built = new Map(model.layers.map((layer) => [layer.name, layer]));
  for (const layer of json.config.layers) {
    const name = layer.name ?? layer.config.name;
    const twin = typeof name === "string" ? built.get(name) : undefined;
    if (twin === undefined) continue;
    if (isModel(layer)) checkFields(twin as LayersModel, layer);
    else checkLayerFields(twin, layer);
  }
}

function checkLayerFields(built: BuiltLayer, { class_name, config }: LayerJson): void {
  const known = built.getConfig();
  for (const [key, value] of Object.entries(config)) {
    const camel = key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
    const empty =
      value === null || value === false || (typeof value === "object" && Object.keys(value as object).length === 0);
    if (empty || NO_MATTER.includes(key) || Object.hasOwn(known, camel)) continue;
    if (Object.hasOwn(NEUTRAL, key) && NEUTRAL[key] === value) continue;
    if (key === "dilation_rate" && [value].flat().every((n) => n === 1)) continue;
    const given = `${key}=${JSON.stringify(value).slice(0, 60)}`;
    throw topologyFault(
      `layer ${JSON.stringify(built.name)} (${class_name}) has ${given}, which tfjs does not have and would leave out; ` +
        "build it without, or of other layers",
    );
  }
}

/** Outputs of all layers for one example, float32. A layer without weights can multiply what it is given by thousands. */
function checkMemory(model: LayersModel): void {
  let bytes = 0;
  const count = (layers: readonly BuiltLayer[]): void => {
    for (const layer of layers) {
      if ("layers" in layer) count((layer as LayersModel).layers);
      for (const { outputShapes } of layer.inboundNodes) {
        for (const n of sizes(outputShapes)) bytes += 4 * n;
        if (bytes <= LIMITS.maxActivationBytes) continue;
        throw topologyFault(
          `for one example its layers put out more than ${LIMITS.maxActivationBytes} bytes (up to layer ` +
            `${JSON.stringify(layer.name)}, ${layer.getClassName()}); make its outputs smaller`,
        );
      }
    }
  };
  count(model.layers);
}

/** Numbers in each of one shape, or several. */
function sizes(shapes: unknown): number[] {
  const list = Array.isArray(shapes) ? shapes : [];
  if (list.some(Array.isArray)) return list.flatMap(sizes);
  return [list.reduce((product: number, n) => product * (typeof n === "number" ? n : 1), 1)];
}
