/**
 * What must hold of a model in the form of Keras 2 before tfjs gets to see it: tfjs runs for ever over a cycle, overlooks
 * names that occur twice, and looks classes up in an object that has `constructor`.
 */
import { LIMITS } from "../../protocol/base/limits.ts";
import { type Edge, isModel, type LayerJson, type ModelJson } from "./keras.ts";
import { checkGaps } from "./layer-gaps.ts";
import type { Tf } from "./tf.ts";
import { isRecord, type Json, topologyFault } from "./topology-fault.ts";

/** Fields that are whole numbers from 1, or lists of them. */
const COUNTS = ["units", "filters", "kernel_size", "pool_size", "strides", "dilation_rate", "depth_multiplier"].concat([
  "input_dim",
  "output_dim",
  "input_length",
  "n",
  "size",
  "num_heads",
  "key_dim",
  "intermediate_dim",
]);

/** What to take in place of layers that many models have and tfjs lacks, or computes otherwise. */
const INSTEAD: Readonly<Record<string, string>> = {
  Normalization: "leave it out: a task standardises its inputs itself (input.mean, input.std)",
  SeparableConv1D: "take Conv1D",
  GroupNormalization: "take LayerNormalization",
  UnitNormalization: "take LayerNormalization",
  RMSNormalization: "take LayerNormalization",
  SpatialDropout2D: "take Dropout",
  ConvLSTM1D: "take Conv1D",
  Subtract: "take Add: the weights before it learn the signs",
};

/** @throws HearsayError ERR_TASK */
export function checkTopology(tf: Tf, model: ModelJson): void {
  checkDepth(model);
  checkStart(model);
  const count = { layers: 0 };
  checkModel(tf, model, count);
}

function checkStart({ class_name, config }: ModelJson): void {
  const [first] = config.layers;
  if (class_name !== "Sequential" || (first !== undefined && (isModel(first) || first.config.batch_input_shape)))
    return;
  throw topologyFault(
    "it names no input shape; begin it with keras.Input, or give the first layer a batch_input_shape",
  );
}

/** Levels of a JSON text's objects and lists, without recursion: a text of 4 MiB can have two million. */
export function checkDepth(json: unknown): void {
  let level: unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > LIMITS.maxTopologyDepth)
      throw topologyFault(`it is nested more than ${LIMITS.maxTopologyDepth} levels deep; take models out of models`);
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
}

function checkModel(tf: Tf, model: ModelJson, count: { layers: number }): void {
  const { layers } = model.config;
  count.layers += layers.length;
  if (count.layers > LIMITS.maxLayers)
    throw topologyFault(`it has more than ${LIMITS.maxLayers} layers; give one with fewer`);
  checkNames(layers);
  for (const layer of layers) {
    if (isModel(layer)) checkModel(tf, layer, count);
    else checkLayer(tf, layer);
  }
  if (model.class_name !== "Sequential") checkGraph(model);
}

function checkNames(layers: readonly LayerJson[]): void {
  const seen = new Set<string>();
  for (const layer of layers) {
    const name = layer.name ?? layer.config.name;
    if (name === undefined) continue;
    if (typeof name !== "string" || name === "" || name in {})
      throw topologyFault(`a layer ${layer.class_name} is named ${JSON.stringify(name)}; give it another name`);
    if (seen.has(name)) throw topologyFault(`two layers are named ${JSON.stringify(name)}; name one of them otherwise`);
    seen.add(name);
  }
}

function checkLayer(tf: Tf, { class_name, config, name }: LayerJson): void {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const named = `layer ${JSON.stringify(config.name ?? name ?? class_name)} (${class_name})`;
  const entry = Object.hasOwn(known, class_name) ? known[class_name]?.[0] : undefined;
  if (entry === undefined || !(entry.prototype instanceof tf.layers.Layer)) {
    const instead = Object.hasOwn(INSTEAD, class_name) ? INSTEAD[class_name] : "build the model of layers that it has";
    throw topologyFault(`tfjs ${tf.version_layers} has no such layer as ${named}; ${instead}`);
  }
  checkFields(named, config);
  checkGaps(named, { class_name, config });
  for (const key of ["activation", "recurrent_activation"]) {
    const value = config[key];
    if (typeof value !== "string") continue;
    // tfjs writes names of Keras in camel case before it looks them up
    const camel = value.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
    const found = Object.hasOwn(known, camel) ? known[camel]?.[0] : undefined;
    if (found === undefined || !("apply" in found.prototype) || found.prototype instanceof tf.layers.Layer) {
      const remedy =
        value === "leaky_relu" ? "take linear, and a layer LeakyReLU after it" : "take relu, gelu, swish, mish or tanh";
      throw topologyFault(`${named} has ${key} ${JSON.stringify(value)}, which tfjs does not have; ${remedy}`);
    }
  }
  for (const inner of [config.layer, config.backward_layer, config.cell, ...[config.cells].flat()])
    if (isRecord(inner) && typeof inner.class_name === "string" && isRecord(inner.config))
      checkLayer(tf, inner as unknown as LayerJson);
}

function checkFields(named: string, config: Json): void {
  for (const key of COUNTS) {
    for (const value of [config[key]].flat(2)) {
      if (value === undefined || value === null) continue;
      if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LIMITS.maxInputs) continue;
      const given = JSON.stringify(value).slice(0, 40);
      throw topologyFault(`${named} has ${key} ${given}; give a whole number from 1 to ${LIMITS.maxInputs}`);
    }
  }
  const shape = config.batch_input_shape;
  if (shape === undefined || shape === null) return;
  const size = (n: unknown) =>
    n === null || (Number.isInteger(n) && (n as number) >= 1 && (n as number) <= LIMITS.maxInputs);
  if (!Array.isArray(shape) || !shape.every(size))
    throw topologyFault(
      `${named} has the input shape ${JSON.stringify(shape).slice(0, 80)}; give whole numbers from 1`,
    );
}

/** Every call must come after the calls that it reads, as tfjs makes them: in rounds over the layers. */
function checkGraph({ config }: ModelJson): void {
  const { layers, input_layers = [], output_layers = [] } = config;
  const calls = new Map<string, number>(); // made so far
  for (const layer of layers) {
    if (typeof layer.name !== "string" || layer.inbound_nodes === undefined)
      throw topologyFault(`a layer ${layer.class_name} of the graph has no "name" or no "inbound_nodes"`);
    // an input, and a model, have an output before they are called
    calls.set(layer.name, layer.class_name === "InputLayer" || isModel(layer) ? 1 : 0);
  }
  const exists = ([name, call]: Edge) => (calls.get(name) ?? 0) > call;
  let waiting = layers.flatMap(({ name, inbound_nodes = [] }) => inbound_nodes.map((edges) => ({ name, edges })));
  if (waiting.reduce((sum, { edges }) => sum + edges.length, 0) > 8 * LIMITS.maxLayers)
    throw topologyFault(`its layers have more than ${8 * LIMITS.maxLayers} connections; give one with fewer`);
  for (const { name, edges } of waiting) {
    // tfjs would wait for such a call for ever
    if (edges.length === 0) throw topologyFault(`layer ${name} is called without an input; write the file anew`);
    const lost = edges.find(([from]) => !calls.has(from));
    if (lost !== undefined) throw topologyFault(`layer ${name} reads from a layer ${lost[0]}, which is not there`);
  }
  while (waiting.length > 0) {
    const left = waiting.filter(({ name, edges }) => {
      if (!edges.every(exists)) return true;
      calls.set(name as string, (calls.get(name as string) ?? 0) + 1);
      return false;
    });
    if (left.length === waiting.length) {
      const names = left.slice(0, 5).map(({ name }) => name);
      throw topologyFault(`its layers wait for each other: ${names.join(", ")}; a graph must have no cycle`);
    }
    waiting = left;
  }
  for (const edge of [...input_layers, ...output_layers])
    if (!exists(edge)) throw topologyFault(`it names ${edge[0]} as an end, a layer or call that is not there`);
}
