/**
 * A tfjs layers model given as JSON: the content of a model.json, or its `modelTopology`, or what Keras' `to_json`
 * writes.
 *
 * Only the topology is read. A weights manifest beside it is ignored, since tfjs would fetch it from wherever it points
 * and the text comes from a task manifest of another peer; the parameters of a task are the initial ones or a model of
 * the network.
 */
import { counted } from "../../protocol/base/counted.ts";
import type { TensorSpec } from "../../protocol/base/task.ts";
import { inputSize, type LearningTask, outputSize } from "../../protocol/base/task.ts";
import { isModel, type ModelJson, readKeras } from "./keras.ts";
import type { LayersModel, LayerVariable, Tf } from "./tf.ts";
import { buildModel } from "./topology-build.ts";
import { checkBuilt } from "./topology-built.ts";
import { checkDepth, checkTopology } from "./topology-check.ts";
import { topologyFault } from "./topology-fault.ts";

/** What the numbers that a model puts out are. */
export type Head = "logits" | "probabilities" | "values";

/** The weights of a model in the order of the flat vector: layer by layer, each in the order of its `getWeights`. */
export function weightsOf(model: LayersModel): LayerVariable[] {
  return model.layers.flatMap((layer) => layer.weights);
}

/**
 * Tensor schema of a layers model, for the manifest. Non-trainable weights (moving statistics of batch normalisation)
 * are part of it: peers exchange and aggregate them like the others.
 */
export function tensorsOf(model: LayersModel): TensorSpec[] {
  return weightsOf(model).map(({ originalName, shape }): TensorSpec => [originalName, shape as number[]]);
}

/**
 * The model in the text, in the form of Keras 2, whichever wrote it.
 * @throws HearsayError ERR_TASK where it is no layers model.
 */
export function readTopology(text: string): ModelJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw topologyFault("it is no JSON, or was cut short; give the content of a tfjs layers model's model.json", cause);
  }
  checkDepth(json);
  return readKeras(json);
}

/** Shape of one example that the model names, without the batch; undefined where it names none or leaves a size open. */
export function inputShapeOf({ config }: ModelJson): number[] | undefined {
  const [end] = config.input_layers ?? [];
  const first = end === undefined ? config.layers[0] : config.layers.find((layer) => layer.name === end[0]);
  const given = first?.config.batch_input_shape;
  if (first !== undefined && isModel(first)) return inputShapeOf(first);
  if (!Array.isArray(given) || given.length < 2) return undefined;
  const shape = given.slice(1) as unknown[];
  return shape.every((n): n is number => Number.isSafeInteger(n) && (n as number) > 0) ? shape : undefined;
}

/**
 * Builds the model, its weights all 0.
 * @throws HearsayError ERR_TASK where the text is no layers model, tfjs lacks a part of it or would compute it otherwise,
 * or its shapes do not agree with the task's input and output.
 */
export async function loadTopology(
  tf: Tf,
  topology: string,
  task: Pick<LearningTask, "output"> & { readonly input: Pick<LearningTask["input"], "shape" | "mean" | "std"> },
): Promise<LayersModel> {
  const json = readTopology(topology);
  checkTopology(tf, json);
  const model = await buildModel(tf, json);
  checkBuilt(model, json);
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
  throw topologyFault(
    `the output layer has activation ${JSON.stringify(activation)}; give a classifier softmax or linear: ` +
      `Dense(${outputSize({ output })}, activation="softmax")`,
  );
}

function checkShapes(model: LayersModel, task: Pick<LearningTask, "input" | "output">): void {
  if (model.inputs?.length !== 1 || model.outputs?.length !== 1)
    throw topologyFault(
      `it has ${counted(model.inputs?.length ?? 0, "input")} and ${counted(model.outputs?.length ?? 0, "output")}; it must have one and one: ` +
        "give the first layer a batch_input_shape (keras.Input), and join branches with Concatenate",
    );
  const agree = (given: readonly (number | null)[], wanted: readonly number[]) =>
    given.length === wanted.length && given.every((n, i) => n === null || n === wanted[i]);
  const sides = [
    ["input", (model.inputs[0]?.shape ?? []).slice(1), task.input.shape],
    ["output", (model.outputs[0]?.shape ?? []).slice(1), [outputSize(task)]],
  ] as const;
  for (const [side, given, wanted] of sides) {
    if (!agree(given, wanted))
      throw topologyFault(`its ${side} shape is [${given}], the task's [${wanted}]; ${shapeRemedy(side, given, task)}`);
  }
  const other = weightsOf(model).find(({ dtype }) => dtype !== "float32");
  if (other !== undefined)
    throw topologyFault(`weight ${other.originalName} is ${other.dtype}; only float32 can be trained`);
}

function shapeRemedy(
  side: "input" | "output",
  given: readonly (number | null)[],
  task: Pick<LearningTask, "input" | "output">,
): string {
  if (side === "input" && given.reduce<number>((product, n) => product * (n ?? 1), 1) === inputSize(task))
    return `they hold as many numbers: write input.shape: [${given.join(", ")}] into the task`;
  if (side === "output" && task.output.kind === "classification") {
    const { length } = task.output.classes;
    return `a classifier of ${length} classes ends in Dense(${length}, activation="softmax"), also where there are two`;
  }
  return "change one of the two";
}
