/** Messages of ONNX (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): tensors, operators, inputs. */
import { data, number, text } from "./protobuf.ts";

export const FLOAT = 1;
export const DOUBLE = 11;

/** An attribute of an operator: a whole number, or several. */
export type Attribute = number | readonly number[];

const TYPE_INT = 2;
const TYPE_INTS = 7;

/** TensorProto: a constant of the graph. */
export function constant(name: string, shape: readonly number[], values: Float32Array | Float64Array): Uint8Array {
  const type = values instanceof Float64Array ? DOUBLE : FLOAT;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength); // little endian, as Node runs on
  return data(5, ...shape.map((n) => number(1, n)), number(2, type), text(8, name), data(9, bytes));
}

/** NodeProto. */
export function operator(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array {
  return data(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => data(5, text(1, name), ...attribute(value))),
  );
}

function attribute(value: Attribute): Uint8Array[] {
  if (typeof value === "number") return [number(3, value), number(20, TYPE_INT)];
  return [...value.map((n) => number(8, n)), number(20, TYPE_INTS)];
}

/** ValueInfoProto: an input (11) or an output (12) of float32, as many rows as there are. */
export function floats(field: 11 | 12, name: string, shape: readonly number[]): Uint8Array {
  const dimensions = [data(1, text(2, "rows")), ...shape.map((n) => data(1, number(1, n)))];
  const tensor = data(1, number(1, FLOAT), data(2, ...dimensions));
  return data(field, text(1, name), data(2, tensor));
}
