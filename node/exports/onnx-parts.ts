/** Messages of ONNX (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): tensors, operators, inputs. */
import { data, number, text } from "./protobuf.ts";

export const FLOAT = 1;
const INT8 = 3;
export const INT64 = 7;
export const DOUBLE = 11;

/** An attribute of an operator: a whole number, several, a word, or several. */
export type Attribute = number | string | readonly number[] | readonly string[];

export type Attributes = Readonly<Record<string, Attribute>>;
export type Values = Float32Array | Float64Array | BigInt64Array | Int8Array;

const TYPE_INT = 2;
const TYPE_STRING = 3;
const TYPE_INTS = 7;
const TYPE_STRINGS = 8;

/** TensorProto: a constant of the graph. */
export function constant(name: string, shape: readonly number[], values: Values): Uint8Array {
  const type = typeOf(values);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength); // little endian, as Node runs on
  return data(5, ...shape.map((n) => number(1, n)), number(2, type), text(8, name), data(9, bytes));
}

function typeOf(values: Values): number {
  if (values instanceof Float64Array) return DOUBLE;
  if (values instanceof Float32Array) return FLOAT;
  return values instanceof Int8Array ? INT8 : INT64;
}

/** NodeProto. An output without a name is not computed. */
export function operator(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Uint8Array {
  return data(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => data(5, text(1, name), ...attribute(value))),
  );
}

function attribute(value: Attribute): Uint8Array[] {
  if (typeof value === "number") return [number(3, value), number(20, TYPE_INT)];
  if (typeof value === "string") return [text(4, value), number(20, TYPE_STRING)];
  const parts = value.map((one) => (typeof one === "number" ? number(8, one) : text(9, one)));
  return [...parts, number(20, typeof value[0] === "string" ? TYPE_STRINGS : TYPE_INTS)];
}

/** ValueInfoProto: an input (11) or an output (12) of float32, as many rows as there are. */
export function floats(field: 11 | 12, name: string, shape: readonly number[]): Uint8Array {
  const dimensions = [data(1, text(2, "rows")), ...shape.map((n) => data(1, number(1, n)))];
  const tensor = data(1, number(1, FLOAT), data(2, ...dimensions));
  return data(field, text(1, name), data(2, tensor));
}
