/** A graph of ONNX while it is made: operators and constants, each under a name of its own. */
import { type Attributes, constant, operator, type Values } from "./onnx-parts.ts";

export interface Graph {
  readonly nodes: Uint8Array[];
  readonly constants: Uint8Array[];
  /** The name of what was computed last. */
  last: string;
}

export interface Tensor<Of = Float32Array> {
  readonly shape: readonly number[];
  readonly values: Of;
}

export function createGraph(input: string): Graph {
  return { nodes: [], constants: [], last: input };
}

/** One more operator on what was computed last, and a name for what it gives. */
export function add(
  graph: Graph,
  type: string,
  output: string,
  others: readonly string[] = [],
  attributes: Attributes = {},
): void {
  graph.nodes.push(operator(type, [graph.last, ...others], [output], attributes));
  graph.last = output;
}

/** One more operator on values with these names; the name of what it gives, of which it leaves out as many as `skipped` says. */
export function apply(
  graph: Graph,
  type: string,
  inputs: readonly string[],
  attributes: Attributes = {},
  skipped = 0,
): string {
  const output = `${type}_${graph.nodes.length}`;
  const none = Array.from({ length: skipped }, () => "");
  graph.nodes.push(operator(type, inputs, [...none, output], attributes));
  return output;
}

/** The name of a constant; a list where no shape is given. */
export function hold(graph: Graph, values: Values, shape: readonly number[] = [values.length]): string {
  const name = `constant_${graph.constants.length}`;
  graph.constants.push(constant(name, shape, values));
  return name;
}

/** A number. */
export function scalar(graph: Graph, value: number): string {
  return hold(graph, Float32Array.of(value), []);
}

/** Whole numbers, as shapes and places are given. */
export function wholes(graph: Graph, values: readonly number[]): string {
  return hold(graph, BigInt64Array.from(values.map(BigInt)));
}

/** The same values in another order of axes: axis i of the result is axis `order[i]`. */
export function permuted({ shape, values }: Tensor, order: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const to = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const out = new Float32Array(values.length);
  const at = to.map(() => 0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[from] as number;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (to[axis] as number)) break;
      from -= (steps[axis] as number) * (to[axis] as number);
      at[axis] = 0;
    }
  }
  return { shape: to, values: out };
}
