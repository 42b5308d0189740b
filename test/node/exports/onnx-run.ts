/** Reads an ONNX file and computes it, by itself: as far as exports of Hearsay go, and nothing of their writer. */

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

export interface Array4 {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A message of protocol buffers: field to values, in order. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    let value: number | Uint8Array = varint();
    if (wire === 2) {
      value = bytes.subarray(at, at + value);
      at += value.length;
    } else if (wire !== 0) throw new Error(`wire type ${wire}`);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).map((value) => fieldsOf(value as Uint8Array));
const texts = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));
const numbers = (fields: Fields, field: number) => (fields.get(field) ?? []) as readonly number[];
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function constantOf(tensor: Fields): Array4 {
  const [data] = tensor.get(9) as readonly [Uint8Array];
  const raw = data.slice();
  const type = numbers(tensor, 2)[0];
  const values =
    type === 11 ? new Float64Array(raw.buffer) : type === 3 ? new Int8Array(raw.buffer) : new Float32Array(raw.buffer);
  return { shape: numbers(tensor, 1), values: [...values] };
}

/** The output for these inputs. */
export function runOnnx(file: Uint8Array, inputs: Array4): Array4 {
  const [graph] = messages(fieldsOf(file), 7) as [Fields];
  const known = new Map<string, Array4>([["inputs", inputs]]);
  for (const tensor of messages(graph, 5)) known.set(texts(tensor, 8)[0] as string, constantOf(tensor));
  for (const node of messages(graph, 1)) {
    const given = texts(node, 1).map((name) => known.get(name) as Array4);
    const attributes = new Map(
      messages(node, 5).map((one) => [texts(one, 1)[0], [...numbers(one, 3), ...numbers(one, 8)]]),
    );
    const type = texts(node, 4)[0] as string;
    known.set(
      texts(node, 2)[0] as string,
      compute(type, given, (name) => attributes.get(name) ?? []),
    );
  }
  const [output] = messages(graph, 12) as [Fields];
  return known.get(texts(output, 1)[0] as string) as Array4;
}

function compute(type: string, [x, a, b]: readonly Array4[], attribute: (name: string) => readonly number[]): Array4 {
  const { shape, values } = x as Array4;
  const each = (f: (value: number, i: number) => number): Array4 => ({ shape, values: values.map(f) });
  const other = (i: number) => a?.values[i % a.values.length] as number;
  switch (type) {
    case "DequantizeLinear":
      return each((value) => value * other(0));
    case "Cast":
      return attribute("to")[0] === 1 ? each(Math.fround) : each((value) => value);
    case "Sub":
      return each((value, i) => value - other(i));
    case "Add":
      return each((value, i) => value + other(i));
    case "Mul":
      return each((value, i) => value * other(i));
    case "Div":
      return each((value, i) => value / other(i));
    case "Relu":
      return each((value) => Math.max(0, value));
    case "Tanh":
      return each(Math.tanh);
    case "Flatten":
      return { shape: [shape[0] as number, product(shape.slice(1))], values };
    case "Softmax":
      return softmax(x as Array4);
    case "Gemm":
      return gemm(x as Array4, a as Array4, b as Array4);
    case "Transpose":
      return transpose(x as Array4, attribute("perm"));
    case "Conv":
      return convolve(x as Array4, a as Array4, b as Array4, attribute("pads"));
    case "MaxPool":
      return pool(x as Array4);
    default:
      throw new Error(`operator ${type}`);
  }
}

function softmax({ shape, values }: Array4): Array4 {
  const width = shape[1] as number;
  const rows = Array.from({ length: shape[0] as number }, (_, row) => values.slice(row * width, (row + 1) * width));
  return {
    shape,
    values: rows.flatMap((row) => {
      const exp = row.map((value) => Math.exp(value - Math.max(...row)));
      const sum = exp.reduce((p, q) => p + q, 0);
      return exp.map((value) => value / sum);
    }),
  };
}

function gemm({ shape, values }: Array4, weights: Array4, bias: Array4): Array4 {
  const [rows, width, units] = [shape[0] as number, shape[1] as number, weights.shape[1] as number];
  const out = Array.from({ length: rows * units }, (_, i) => {
    const [row, unit] = [Math.floor(i / units), i % units];
    let sum = bias.values[unit] as number;
    for (let k = 0; k < width; k++)
      sum += (values[row * width + k] as number) * (weights.values[k * units + unit] as number);
    return sum;
  });
  return { shape: [rows, units], values: out };
}

function transpose({ shape, values }: Array4, perm: readonly number[]): Array4 {
  const stride = (axis: number) => product(shape.slice(axis + 1));
  const to = perm.map((axis) => shape[axis] as number);
  const out = values.map((_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += (rest % (to[axis] as number)) * stride(perm[axis] as number);
      rest = Math.floor(rest / (to[axis] as number));
    }
    return values[from] as number;
  });
  return { shape: to, values: out };
}

function convolve({ shape, values }: Array4, kernel: Array4, bias: Array4, pads: readonly number[]): Array4 {
  const [rows, channels, height, width] = shape as [number, number, number, number];
  const [filters, , size] = kernel.shape as [number, number, number];
  const [top, left] = pads as [number, number];
  const out: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let f = 0; f < filters; f++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          let sum = bias.values[f] as number;
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < size * size; i++) {
              const [v, u] = [y + Math.floor(i / size) - top, x + (i % size) - left];
              if (v < 0 || u < 0 || v >= height || u >= width) continue;
              const weight = kernel.values[(f * channels + c) * size * size + i] as number;
              sum += weight * (values[((row * channels + c) * height + v) * width + u] as number);
            }
          out.push(sum);
        }
  return { shape: [rows, filters, height, width], values: out };
}

function pool({ shape, values }: Array4): Array4 {
  const [rows, channels, height, width] = shape as [number, number, number, number];
  const [h, w] = [Math.floor(height / 2), Math.floor(width / 2)];
  const out = Array.from({ length: rows * channels * h * w }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    const at = (v: number, u: number) => values[(plane * height + 2 * y + v) * width + 2 * x + u] as number;
    return Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
  });
  return { shape: [rows, channels, h, w], values: out };
}
