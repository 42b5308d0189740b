/**
 * A tfjs layers model given as JSON: the content of a model.json, or its `modelTopology`, or what Keras' `to_json`
 * writes.
 *
 * Only the topology is read. A weights manifest beside it is ignored, since tfjs would fetch it from wherever it points
 * and the text comes from a task manifest of another peer; the parameters of a task are the initial ones or a model of
 * the network.
 */
import { HearsayError } from "../../protocol/errors.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { TensorSpec } from "../../protocol/task.ts";
import { type LearningTask, outputSize } from "../../protocol/task.ts";
import { selectBackend, useBackend } from "./backend.ts";
import type { LayersModel, LayerVariable, Tf } from "./tf.ts";

/** What the numbers that a model puts out are. */
export type Head = "logits" | "probabilities" | "values";

/** The weights of a model in the order of the flat vector: layer by layer, each in the order of its `getWeights`. */
export function weightsOf(model: LayersModel): LayerVariable[] {
  return model.layers.flatMap((layer) => layer.weights);
}

/**
 * The tensor schema of a layers model, for the manifest. Non-trainable weights (moving statistics of batch
 * normalisation) are part of it: peers exchange and aggregate them like the others.
 * @throws HearsayError ERR_TASK where the JSON is no layers model, or its shapes do not agree with the task's input and
 * output.
 */
export async function tensorsOfTopology(
  topology: string,
  task: Pick<LearningTask, "input" | "output">,
): Promise<TensorSpec[]> {
  const backend = await selectBackend();
  useBackend(backend);
  const model = await loadTopology(backend.tf, topology, task);
  const tensors = weightsOf(model).map(({ originalName, shape }): TensorSpec => [originalName, shape as number[]]);
  model.dispose();
  return tensors;
}

/** Builds the model, its weights all 0. @throws HearsayError ERR_TASK */
export async function loadTopology(
  tf: Tf,
  topology: string,
  task: Pick<LearningTask, "input" | "output">,
): Promise<LayersModel> {
  const modelTopology = readTopology(topology);
  let model: LayersModel;
  try {
    model = await buildFrugally(tf, () => {
      const json = { modelTopology } as Parameters<Tf["models"]["modelFromJSON"]>[0];
      return tf.models.modelFromJSON(json);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw taskError(`tfjs cannot build the model (${reason}); use only layers that tfjs knows`, cause);
  }
  checkShapes(model, task);
  return model;
}

/**
 * Classification: `probabilities` where the output layer ends in a softmax, `logits` where it is linear or has no
 * activation. Regression: `values`. @throws HearsayError ERR_TASK for another activation of a classifier.
 */
export function headOf(model: LayersModel, { output }: Pick<LearningTask, "output">): Head {
  if (output.kind === "regression") return "values";
  const layer = model.outputs[0]?.sourceLayer;
  const activation = layer?.getClassName() === "Softmax" ? "softmax" : layer?.getConfig().activation;
  if (activation === "softmax") return "probabilities";
  if (activation === undefined || activation === "linear") return "logits";
  throw taskError(`the output layer has activation ${JSON.stringify(activation)}; give a classifier softmax or linear`);
}

interface WeightAdder {
  addWeight(
    name: string,
    shape: number[],
    dtype: string | undefined,
    initialiser: unknown,
    ...rest: unknown[]
  ): unknown;
}

/**
 * Runs `build`, which makes layers before it first waits, with weights that start at 0 and have a bound in all: they
 * are overwritten anyway, while the topology's own initialisers take minutes over an orthogonal matrix, and hours over
 * one that a manifest made gigantic.
 */
function buildFrugally<T>(tf: Tf, build: () => T): T {
  const layer = tf.layers.Layer.prototype as unknown as WeightAdder;
  const { addWeight } = layer;
  let total = 0;
  layer.addWeight = function (name, shape, dtype, _initialiser, regulariser, trainable, constraint) {
    total += shape.reduce((product, n) => product * n, 1);
    if (4 * total > LIMITS.maxModelBytes)
      throw new RangeError(`it has more than ${LIMITS.maxModelBytes} bytes of weights`);
    return addWeight.call(this, name, shape, dtype, tf.initializers.zeros(), regulariser, trainable, constraint);
  };
  try {
    return build();
  } finally {
    layer.addWeight = addWeight;
  }
}

function readTopology(text: string): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw taskError("it is no JSON; give the content of a tfjs layers model's model.json", cause);
  }
  const topology = isRecord(json) && isRecord(json.modelTopology) ? json.modelTopology : json;
  if (isRecord(topology) && Array.isArray(topology.node)) {
    throw taskError(
      "it is a graph model, which cannot be trained; use tensorflowjs_converter --output_format=tfjs_layers_model",
    );
  }
  const model = isRecord(topology) && isRecord(topology.model_config) ? topology.model_config : topology;
  const kind = isRecord(model) ? model.class_name : undefined;
  if (kind !== "Sequential" && kind !== "Functional" && kind !== "Model")
    throw taskError(
      'it has no "class_name" Sequential, Functional or Model; give the model.json of a tfjs layers model',
    );
  return model as object;
}

function checkShapes(model: LayersModel, task: Pick<LearningTask, "input" | "output">): void {
  if (model.inputs?.length !== 1 || model.outputs?.length !== 1)
    throw taskError("it must have exactly one input and one output; give the first layer a batch_input_shape");
  const agree = (given: readonly (number | null)[], wanted: readonly number[]) =>
    given.length === wanted.length && given.every((n, i) => n === null || n === wanted[i]);
  const sides = [
    ["input", (model.inputs[0]?.shape ?? []).slice(1), task.input.shape],
    ["output", (model.outputs[0]?.shape ?? []).slice(1), [outputSize(task)]],
  ] as const;
  for (const [side, given, wanted] of sides) {
    if (!agree(given, wanted))
      throw taskError(`its ${side} shape is [${given}], the task's [${wanted}]; change one of the two`);
  }
  const other = weightsOf(model).find(({ dtype }) => dtype !== "float32");
  if (other !== undefined)
    throw taskError(`weight ${other.originalName} is ${other.dtype}; only float32 can be trained`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function taskError(what: string, cause?: unknown): HearsayError {
  return new HearsayError(
    "ERR_TASK",
    `model.topology is no usable layers model: ${what}`,
    { path: "model.topology" },
    cause,
  );
}
