/** The configuration of one layer of Keras, in the form that tfjs reads. */
import { isRecord, type Json, topologyFault } from "./topology-fault.ts";

type TranslateLayer = (layer: unknown) => unknown;

/** Packages whose layers tfjs knows. */
const KERAS = /^(?:keras|tf_keras|tensorflow\.(?:python\.)?keras)(?:\.|$)/;

/** Activations that have another name in tfjs, and compute the same. */
const SAME_ACTIVATION: Readonly<Record<string, string>> = { silu: "swish" };

/** Keras 3 renamed these fields. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  InputLayer: { batch_shape: "batch_input_shape" },
  LeakyReLU: { negative_slope: "alpha" },
};

/** A list with one axis means that axis. */
const AXIS_LISTS = ["BatchNormalization", "Softmax"];

/**
 * Initialisers are left out: weights are set before each use, and their names grow with each version of Keras.
 * @throws HearsayError ERR_TASK for what is the user's own code, for types other than float32, and for an activation
 * that tfjs computes otherwise.
 */
export function translateConfig(layer: Json, writer: string, translateLayer: TranslateLayer): Json {
  const kind = String(layer.class_name);
  checkOrigin(layer, kind, writer);
  if (!isRecord(layer.config)) throw topologyFault(`a layer ${kind} has no "config" of fields`);
  const named = `layer ${JSON.stringify(layer.config.name ?? layer.name ?? kind)} (${kind}, written by ${writer})`;
  if (kind === "UpSampling2D" && layer.config.interpolation === "bilinear" && writer.startsWith("Keras")) {
    const remedy = 'take interpolation="nearest", or Conv2DTranspose';
    throw topologyFault(
      `${named} has interpolation bilinear, which reads other points in Keras than in tfjs; ${remedy}`,
    );
  }
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(layer.config)) {
    if (key.endsWith("_initializer")) continue;
    const field = (Object.hasOwn(RENAMED, kind) ? RENAMED[kind]?.[key] : undefined) ?? key;
    if (key === "activation" || key.endsWith("_activation")) config[field] = activation(value, named, writer);
    else if (key.endsWith("_regularizer")) config[field] = regulariser(value);
    else if (key === "dtype") config[field] = dtype(value, kind, named);
    else if (key === "axis" && AXIS_LISTS.includes(kind) && Array.isArray(value) && value.length === 1)
      config[field] = value[0];
    else if (field === "batch_input_shape" && Array.isArray(value))
      config[field] = [null, ...value.slice(1)]; // any batch
    else config[field] = plain(value, translateLayer);
  }
  return config;
}

/** Classes of the user, Lambda and operations of Python. */
export function checkOrigin({ module, registered_name, config }: Json, kind: string, writer: string): void {
  const name = isRecord(config) && typeof config.name === "string" ? config.name : kind;
  const named = `layer ${JSON.stringify(name)} (${kind}, written by ${writer})`;
  if (kind === "Lambda") {
    const remedy =
      "take layers that compute the same (Rescaling, Activation, Reshape), or do it to the data beforehand";
    throw topologyFault(`${named} holds code of Python, which is never run; ${remedy}`);
  }
  const operation = /^(?:TFOpLambda|SlicingOpLambda|TensorFlowOpLayer)$/.test(kind);
  if (operation || (typeof module === "string" && /(?:^|\.)ops(?:\.|$)/.test(module))) {
    const remedy = "take layers between tensors (Add, Multiply, Concatenate, Reshape), or leave it out";
    throw topologyFault(`${named} is an operation of Python between layers, not a layer; ${remedy}`);
  }
  const foreign = module === null || (typeof module === "string" && !KERAS.test(module));
  const custom = typeof registered_name === "string" && /^(?!keras|tf_keras)[^>]*>/.test(registered_name);
  if (foreign || custom || kind.includes(">")) {
    const remedy = "the other peers do not have its code; build the model of Keras' own layers";
    throw topologyFault(`${named} is a class of your own: ${remedy}`);
  }
}

function activation(value: unknown, named: string, writer: string): unknown {
  if (value === null || value === undefined) return "linear";
  if (typeof value !== "string") {
    const { class_name, config } = isRecord(value) ? value : {};
    const name = [config, class_name].find((part) => typeof part === "string" && /^[\w<>. ]{1,60}$/.test(part));
    throw topologyFault(
      `${named} has the activation ${name ?? "(a function)"}, which is an object or a function of Python; ` +
        "give the activation by its name, or as a layer of its own (Activation, LeakyReLU, ELU) after this one",
    );
  }
  if (value === "hard_sigmoid" && /^Keras 3/.test(writer)) {
    throw topologyFault(
      `${named} has activation hard_sigmoid, which is relu6(x + 3) / 6 in Keras 3 and clip(0.2 x + 0.5) in tfjs; take sigmoid`,
    );
  }
  return Object.hasOwn(SAME_ACTIVATION, value) ? SAME_ACTIVATION[value] : value;
}

/** tfjs knows L1L2 only, of which L1 and L2 are cases. */
function regulariser(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value.config)) return value;
  const { class_name, config } = value;
  const { l1, l2 } = config;
  if (class_name === "L1") return { class_name: "L1L2", config: { l1, l2: 0 } };
  if (class_name === "L2") return { class_name: "L1L2", config: { l1: 0, l2 } };
  return { class_name, config };
}

/** The name of a type, which Keras writes as it is or in a policy. The input's is no matter: rows are float32. */
function dtype(value: unknown, kind: string, named: string): string {
  const policy = isRecord(value) && isRecord(value.config) ? value.config.name : value;
  if (policy === null || policy === undefined || policy === "float32" || kind === "InputLayer") return "float32";
  throw topologyFault(
    `${named} computes in ${JSON.stringify(policy).slice(0, 80)}; only float32 can be trained: call ` +
      'keras.config.set_dtype_policy("float32") (Keras 2: mixed_precision.set_global_policy) before you build the model',
  );
}

/** Keras 3 adds module, registered_name and build_config to every object, and writes tuples as objects. */
function plain(value: unknown, translateLayer: TranslateLayer): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, translateLayer));
  if (!isRecord(value)) return value;
  if (value.class_name === "__tuple__" && Array.isArray(value.items))
    return value.items.map((item) => plain(item, translateLayer));
  if (typeof value.class_name !== "string") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part, translateLayer)]));
  }
  // a layer within a layer (TimeDistributed, Bidirectional), or a constraint
  if (isRecord(value.config) && typeof value.config.name === "string") return translateLayer(value);
  return { class_name: value.class_name, config: plain(value.config, translateLayer) };
}
