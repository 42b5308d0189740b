/**
 * The JSON of Keras 2, Keras 3 and tfjs in one form: that of Keras 2, which tfjs reads.
 *
 * Keras 3 writes another form for input shapes (`batch_shape`), types (objects), the edges of a graph (`args`, `kwargs`)
 * and some names. What means the same is translated. What tfjs computes otherwise, or would leave out without a word, is
 * refused. Nothing of the JSON is ever run.
 */
import { checkOrigin, translateConfig } from "./keras-layer.ts";
import { isRecord, type Json, topologyFault } from "./topology-fault.ts";

export interface LayerJson {
  readonly class_name: string;
  readonly config: Json;
  readonly name?: string;
  /** One entry a call of the layer: its inputs, each [name of the layer, number of its call, number of the output, {}]. */
  readonly inbound_nodes?: readonly (readonly Edge[])[];
}

export type Edge = readonly [layer: string, call: number, output: number, options?: Json];

/** A model, which may be a layer of another. */
export interface ModelJson extends LayerJson {
  readonly config: Json & {
    readonly name?: string;
    readonly layers: readonly LayerJson[];
    readonly input_layers?: readonly Edge[];
    readonly output_layers?: readonly Edge[];
  };
}

const MODELS = ["Sequential", "Functional", "Model"];

export function isModel(layer: { readonly class_name: string }): layer is ModelJson {
  return MODELS.includes(layer.class_name);
}

/** @throws HearsayError ERR_TASK where the JSON is not that of a model, or a part has no meaning for tfjs. */
export function readKeras(json: unknown): ModelJson {
  const topology = isRecord(json) && isRecord(json.modelTopology) ? json.modelTopology : json;
  if (isRecord(topology) && Array.isArray(topology.node)) {
    const remedy = "use tensorflowjs_converter --output_format=tfjs_layers_model";
    throw topologyFault(`it is a graph model, which cannot be trained; ${remedy}`);
  }
  const model = isRecord(topology) && isRecord(topology.model_config) ? topology.model_config : topology;
  if (!isRecord(model) || !MODELS.includes(String(model.class_name))) {
    const found = isRecord(model) && typeof model.class_name === "string" ? ` (it has ${model.class_name})` : "";
    throw topologyFault(
      `it has no "class_name" Sequential, Functional or Model${found}; give the model.json of a tfjs layers model, or ` +
        "what model.to_json() returns for a model of keras.Sequential or keras.Model(inputs, outputs)",
    );
  }
  return translateModel(model, writerOf(topology as Json, model));
}

/** Who wrote the JSON, for messages: `Keras 3`, `Keras 2.15.0`; tfjs where nothing says so. */
function writerOf(topology: Json, model: Json): string {
  const version = topology.keras_version ?? model.keras_version;
  if (typeof version === "string" && /^[\w.-]{1,20}$/.test(version))
    return version.startsWith("tfjs") ? `tfjs ${version.slice(12)}` : `Keras ${version}`;
  return /"(?:batch_shape|DTypePolicy|registered_name)":/.test(JSON.stringify(model)) ? "Keras 3" : "tfjs";
}

function translateModel(model: Json, writer: string): ModelJson {
  const class_name = String(model.class_name);
  checkOrigin(model, class_name, writer);
  // Keras 1 and early tf.keras wrote the layers of a Sequential without a frame
  const config = Array.isArray(model.config) ? { layers: model.config } : model.config;
  if (!isRecord(config) || !Array.isArray(config.layers)) {
    throw topologyFault(`${class_name} has no list "layers"; write the file anew with model.to_json()`);
  }
  const layers = config.layers.map((layer) => translateLayer(layer, writer));
  const name = typeof config.name === "string" ? { name: config.name } : {};
  if (class_name === "Sequential") return { class_name, config: { ...name, layers } };
  const graph = { layers, input_layers: ends(config, "input_layers"), output_layers: ends(config, "output_layers") };
  const keras3 = config.layers.some(
    (layer) => Array.isArray(layer.inbound_nodes) && layer.inbound_nodes.some(isRecord),
  );
  return { class_name, config: { ...name, ...(keras3 ? countModels(graph) : graph) } };
}

interface Graph {
  readonly layers: readonly LayerJson[];
  readonly input_layers: readonly Edge[];
  readonly output_layers: readonly Edge[];
}

/** Keras 3 counts the calls of a model within a model from 0; in Keras 2 and tfjs, number 0 is the model by itself. */
function countModels({ layers, input_layers, output_layers }: Graph): Graph {
  const models = new Set(layers.filter(isModel).map(({ name }) => name));
  const shift = ([name, call, ...rest]: Edge): Edge => [name, models.has(name) ? call + 1 : call, ...rest];
  return {
    layers: layers.map((layer) =>
      layer.inbound_nodes === undefined
        ? layer
        : { ...layer, inbound_nodes: layer.inbound_nodes.map((call) => call.map(shift)) },
    ),
    input_layers,
    output_layers: output_layers.map(shift),
  };
}

function translateLayer(layer: unknown, writer: string): LayerJson {
  if (!isRecord(layer) || typeof layer.class_name !== "string" || layer.config === undefined)
    throw topologyFault('a layer has no "class_name" and "config"; write the file anew with model.to_json()');
  const inner = isModel(layer as unknown as LayerJson)
    ? translateModel(layer, writer)
    : { class_name: layer.class_name, config: translateConfig(layer, writer, (part) => translateLayer(part, writer)) };
  const name = layer.name ?? inner.config.name;
  if (layer.inbound_nodes === undefined) return inner;
  if (typeof name !== "string" || !Array.isArray(layer.inbound_nodes))
    throw topologyFault(`a layer ${layer.class_name} has no name or no list "inbound_nodes"`);
  // tfjs counts calls by one of the two names and looks for them by the other: where they differ it waits for ever
  const config = { ...inner.config, name };
  return { ...inner, config, name, inbound_nodes: layer.inbound_nodes.map((call) => translateCall(call, name)) };
}

/** Keras 3 writes one end bare: ["in", 0, 0]; Keras 2 writes lists of ends, and objects where they have names. */
function ends(config: Json, field: string): Edge[] {
  const value = config[field];
  const list = Array.isArray(value) && typeof value[0] === "string" ? [value] : value;
  const edges = isRecord(list) ? Object.values(list) : list;
  if (!Array.isArray(edges)) throw topologyFault(`"${field}" is no list; write the file anew with model.to_json()`);
  return edges.map((edge) => checkedEdge(edge, `"${field}"`).slice(0, 3) as unknown as Edge);
}

/** One call of a layer: Keras 2 [[name, 0, 0, {}], ...], or Keras 3 {args: [tensors or a list of them], kwargs}. */
function translateCall(call: unknown, layer: string): Edge[] {
  if (isRecord(call)) {
    if (!Array.isArray(call.args)) throw topologyFault(`layer ${layer} is called without "args"`);
    checkOptions(call.kwargs, layer);
    return call.args.flat().map((tensor) => {
      const history = isRecord(tensor) && isRecord(tensor.config) ? tensor.config.keras_history : undefined;
      const [name, node, output] = checkedEdge(history, `the call of layer ${layer}`);
      return [name, node, output, {}];
    });
  }
  if (!Array.isArray(call)) throw topologyFault(`layer ${layer} has a call that is no list; write the file anew`);
  const list = typeof call[0] === "string" ? [call] : call;
  return list.map((edge) => {
    const [name, node, output, options] = checkedEdge(edge, `the call of layer ${layer}`);
    checkOptions(options, layer);
    return [name, node, output, {}];
  });
}

function checkedEdge(edge: unknown, where: string): Edge {
  const [name, call, output] = Array.isArray(edge) ? edge : [];
  const count = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (typeof name === "string" && count(call) && count(output)) return [...(edge as Edge)] as unknown as Edge;
  throw topologyFault(
    `${where} names no output of a layer as [name, number, number]; numbers and operations of Python between layers ` +
      "cannot be read: use layers (Add, Multiply, Concatenate)",
  );
}

/** Options of a call that change what it computes would be lost. */
function checkOptions(options: unknown, layer: string): void {
  if (!isRecord(options)) return;
  const set = Object.entries(options).find(([, value]) => value !== null && value !== undefined);
  if (set === undefined) return;
  throw topologyFault(
    `layer ${layer} is called with ${set[0]}=${JSON.stringify(set[1]).slice(0, 80)}; call it without, since peers train it`,
  );
}
