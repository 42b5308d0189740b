/**
 * Labels in arrays as class indices. What they mean is read where it is certain, and refused with a remedy where it is not:
 *
 *     texts                                names of classes
 *     numbers, and the classes are numbers names of classes: 1 is the class "1", wherever that stands
 *     numbers otherwise                    places of classes, counted from 0
 *     rows of one 1 and else 0             places of the 1 (one-hot)
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { createClassNames } from "./class-names.ts";
import { createFaults } from "./faults.ts";
import { listed } from "./names.ts";
import type { NpyArray, NpyNumbers } from "./npy.ts";
import { readNumber } from "./number.ts";

export interface ClassIndices {
  /** One an example. */
  readonly indices: Float32Array;
  /** For people: what may have been meant otherwise. */
  readonly warnings: readonly string[];
}

/** @throws HearsayError ERR_DATA naming the labels that are no class of the task, counted from 0 as in y[3]. */
export function classIndices(path: string, labels: NpyArray, classes: readonly string[]): ClassIndices {
  const [length = 0, ...rest] = labels.shape;
  const width = rest.reduce((product, n) => product * n, 1);
  const isColumn = labels.shape.length > 0 && width === 1;
  if (labels.texts !== undefined && isColumn) {
    const numbers = labels.texts.every((text) => /^\d+$/.test(text));
    const remedy = numbers ? '; where y counts the classes from 0, save y.astype("int64")' : "";
    return certain(byName(path, labels.texts, classes, remedy));
  }
  if (labels.values !== undefined && isColumn) return ofNumbers(path, labels.values, classes);
  if (labels.values !== undefined && width === classes.length && length > 0)
    return certain(ofRows(path, labels, width));
  const message = `y has shape (${labels.shape.join(", ")}); give one label an example, shape (examples)`;
  throw new HearsayError("ERR_DATA", `${path}: ${message}, or one-hot rows, shape (examples, ${classes.length})`, {
    path,
    shape: labels.shape,
  });
}

function certain(indices: Float32Array): ClassIndices {
  return { indices, warnings: [] };
}

function byName(path: string, names: readonly string[], classes: readonly string[], remedy = ""): Float32Array {
  const known = createClassNames(classes);
  const faults = createFaults(path);
  const indices = Float32Array.from(names, (name, i) => {
    const index = known.indexOf(name, i);
    if (typeof index === "number") return index;
    faults.add(`y[${i}]: ${index.text}${remedy}`);
    return 0;
  });
  faults.throwIfAny();
  return indices;
}

function ofNumbers(path: string, values: NpyNumbers["values"], classes: readonly string[]): ClassIndices {
  const names = classes.map((name) => readNumber(name));
  if (names.every((name) => typeof name === "number")) {
    const remedy = `; if y counts the classes from 0, save numpy.array([${names.slice(0, 5).join(", ")}${names.length > 5 ? ", ..." : ""}])[y]`;
    return certain(byName(path, Array.from(values, String), classes, remedy));
  }
  const faults = createFaults(path);
  const noneIsFirst = values.every((value) => value >= 1 && value <= classes.length);
  const signs = classes.length === 2 && values.every((value) => Math.abs(value) === 1);
  const from1 = noneIsFirst ? "; y seems to count from 1: save y - 1" : "";
  const remedy = signs ? "; y seems to be -1 and 1: save (y + 1) // 2" : from1;
  const places = `the task has classes 0 to ${classes.length - 1} (${listed(classes)})`;
  for (const [i, value] of values.entries()) {
    if (Number.isInteger(value) && value >= 0 && value < classes.length) continue;
    faults.add(`y[${i}] is ${value}; ${places}${remedy}`);
  }
  faults.throwIfAny();
  const doubt = `${path}: y has no 0, which is class ${listed(classes.slice(0, 1))}; if it counts from 1, save y - 1`;
  return { indices: Float32Array.from(values), warnings: noneIsFirst ? [doubt] : [] };
}

function ofRows(path: string, { shape, values }: NpyNumbers, width: number): Float32Array {
  const faults = createFaults(path);
  const indices = new Float32Array(shape[0] ?? 0);
  for (let row = 0; row < indices.length; row++) {
    const cells = values.subarray(row * width, (row + 1) * width);
    indices[row] = cells.indexOf(1);
    if (cells.filter((cell) => cell === 0).length === width - 1 && (indices[row] as number) >= 0) continue;
    faults.add(`y[${row}] is no one-hot row (one 1, else 0); save y.argmax(axis=1) where these are scores`);
  }
  faults.throwIfAny();
  return indices;
}
