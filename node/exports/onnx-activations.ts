/** Activations of tfjs as operators of ONNX. */
import { apply, scalar } from "./onnx-graph.ts";
import { type Place, refusal } from "./onnx-kind.ts";

/** With the constants that tfjs has too. */
const PLAIN: Readonly<Record<string, string>> = {
  relu: "Relu",
  elu: "Elu",
  selu: "Selu",
  sigmoid: "Sigmoid",
  hardSigmoid: "HardSigmoid",
  softplus: "Softplus",
  softsign: "Softsign",
  tanh: "Tanh",
};

type Compose = (at: (type: string, ...inputs: readonly string[]) => string, x: string, place: Place) => string;

const COMPOSED: Readonly<Record<string, Compose>> = {
  linear: (_, x) => x,
  relu6: (at, x, { graph }) => at("Clip", x, scalar(graph, 0), scalar(graph, 6)),
  swish: (at, x) => at("Mul", x, at("Sigmoid", x)),
  mish: (at, x) => at("Mul", x, at("Tanh", at("Softplus", x))),
  gelu(at, x, { graph }) {
    const erf = at("Erf", at("Mul", x, scalar(graph, Math.sqrt(0.5))));
    return at("Mul", at("Mul", x, scalar(graph, 0.5)), at("Add", erf, scalar(graph, 1)));
  },
};

/** Of the last axis. */
const OF_AXIS: Readonly<Record<string, string>> = { softmax: "Softmax", logSoftmax: "LogSoftmax" };

/** An activation, by its name in tfjs, of what has the shape of the output. */
export function activate(place: Place, x: string, name: unknown = "linear"): string {
  const { graph, shape, layer } = place;
  const key = String(name);
  const composed = Object.hasOwn(COMPOSED, key) ? COMPOSED[key] : undefined;
  if (composed !== undefined) return composed((type, ...inputs) => apply(graph, type, inputs), x, place);
  const type = Object.hasOwn(OF_AXIS, key) ? OF_AXIS[key] : undefined;
  if (type !== undefined) return apply(graph, type, [x], { axis: shape.length });
  return apply(graph, plainActivation(layer, key), [x]);
}

/** One that ONNX has as an operator without a setting. @throws HearsayError ERR_CONFIG */
export function plainActivation(layer: Place["layer"], name: unknown): string {
  const key = String(name);
  const type = Object.hasOwn(PLAIN, key) ? PLAIN[key] : undefined;
  if (type !== undefined) return type;
  throw refusal(layer, `has the activation ${key}, which is not written here`);
}
