/**
 * What becomes of a row in which a reading is missing: a choice of the task (`input.missingPolicy`), so that all peers learn from alike rows and
 * ask for predictions in the same form. One more policy: its line in `POLICIES`, and its name in `base/task-schema.ts`.
 */
import { HearsayError } from "../../base/errors.ts";
import type { Task } from "../../base/task.ts";
import type { Dataset, Numbers } from "./dataset.ts";

export type MissingPolicy = NonNullable<Task["input"]["missingPolicy"]>;

/** What holds in a task that names none. */
export const DEFAULT_POLICY: MissingPolicy = "mean";

/** Rows of the columns that were read; NaN is a missing reading. */
export type RawInputs = Pick<Dataset, "inputs" | "length">;

export interface Filled {
  /** All rows, as wide as what was read, without NaN. */
  readonly inputs: Numbers;
  /** Those that are to stay, ascending; left out where all are. */
  readonly rows?: Uint32Array;
  /** How many readings were missing. */
  readonly absent: number;
  /** Of `mask`: 1 where a reading was missing, in the layout of the inputs. */
  readonly mask?: Uint8Array;
}

interface Policy {
  /** Why it is chosen, for help and lists. */
  readonly about: string;
  /** What became of `absent` readings, and of rows that were left out, in words. */
  told(absent: number, left: number): string;
  fill(data: RawInputs, width: number, mean: readonly number[]): Filled;
}

const POLICIES: Readonly<Record<MissingPolicy, Policy>> = {
  mean: {
    about: "the mean of its column in the task, which the model sees as 0",
    told: (absent) => `${absent} value(s) are no readings; the means of their columns stand in`,
    fill: ({ inputs }, width, mean) => ({ inputs, absent: fillMeans(inputs, width, mean) }),
  },
  drop: {
    about: "the row is left out; asked for a prediction, it gets none",
    told: (absent, left) => `${absent} value(s) are no readings; ${left} row(s) with such are left out`,
    fill: (data, width, mean) => {
      const rows = completeRows(data, width);
      const absent = fillMeans(data.inputs, width, mean);
      return { inputs: data.inputs, absent, ...(rows.length < data.length && { rows }) };
    },
  },
  refuse: {
    about: "the data are refused",
    told: () => "",
    fill: ({ inputs }, width) => {
      const at = inputs.findIndex(Number.isNaN);
      if (at < 0) return { inputs, absent: 0 };
      const where = `row ${Math.floor(at / width)} has no reading in column ${at % width}, both counted from 0`;
      throw new HearsayError("ERR_DATA", `${where}. ${REFUSED}`, { row: Math.floor(at / width), column: at % width });
    },
  },
  mask: {
    about: "its mean, and a column more for each tells the model where that stands in",
    told: (absent) => `${absent} value(s) are no readings; the means of their columns stand in, and their masks say so`,
    fill: ({ inputs }, width, mean) => {
      const mask = Uint8Array.from(inputs, (value) => Number(Number.isNaN(value)));
      return { inputs, absent: fillMeans(inputs, width, mean), mask };
    },
  },
};

/** What helps where the task refuses rows without a reading. */
export const REFUSED = "The task refuses rows without a reading (input.missingPolicy): fill it in, or delete the row";

/** Names of the policies, each with what it puts in place of a missing reading. */
export const MISSING_POLICIES: ReadonlyMap<string, string> = new Map(
  Object.entries(POLICIES).map(([name, { about }]) => [name, about]),
);

/** How many columns are read for one example: those that the model sees but for masks. */
export function columnCount({ input }: { readonly input: Pick<Task["input"], "shape" | "missingPolicy"> }): number {
  const size = input.shape.reduce((product, n) => product * n, 1);
  return input.missingPolicy === "mask" ? size / 2 : size;
}

/**
 * Applies a policy to rows as read; `inputs` may be written to. `withMasks` then gives the columns of the model.
 * @throws HearsayError ERR_DATA where the policy refuses.
 */
export function fillMissing(
  policy: MissingPolicy | undefined,
  data: RawInputs,
  width: number,
  mean: readonly number[],
): Filled {
  return POLICIES[policy ?? DEFAULT_POLICY].fill(data, width, mean);
}

/** For people: what was done. `left`: rows that were left out. */
export function missingInWords(policy: MissingPolicy | undefined, absent: number, left: number): string {
  return POLICIES[policy ?? DEFAULT_POLICY].told(absent, left);
}

/** The inputs as the model sees them: behind the columns of each row, one for each that is 1 where the reading was missing. */
export function withMasks(inputs: Numbers, mask: Uint8Array | undefined, width: number): Numbers {
  if (mask === undefined) return inputs;
  const wide = inputs instanceof Float64Array ? new Float64Array(2 * mask.length) : new Float32Array(2 * mask.length);
  for (let row = 0; row * width < mask.length; row++) {
    const [start, end] = [row * width, (row + 1) * width];
    wide.set(inputs.subarray(start, end), 2 * start);
    wide.set(mask.subarray(start, end), 2 * start + width);
  }
  return wide;
}

/** Puts the mean of its column in place of each NaN; how many there were. */
function fillMeans(values: Numbers, columns: number, mean: readonly number[]): number {
  let absent = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    absent++;
    values[i] = mean[(i % columns) % mean.length] as number;
  }
  return absent;
}

/** Rows without a NaN. */
function completeRows({ inputs, length }: RawInputs, width: number): Uint32Array {
  const isWhole = (row: number) => !inputs.subarray(row * width, (row + 1) * width).some(Number.isNaN);
  return Uint32Array.from({ length }, (_, row) => row).filter(isWhole);
}
