/** A table of examples in memory, and the few things that are done to one. */

/**
 * Numbers as read: in float64 where the source has more digits than float32 holds, since seconds since 1970 or degrees in steps of 1e-7
 * would lose all that varies in them before they are centred.
 */
export type Numbers<B extends ArrayBufferLike = ArrayBufferLike> = Float32Array<B> | Float64Array<B>;

/** Examples in memory: n rows of inputs, and what is to be predicted of each. */
export interface Dataset {
  /** Row-major, length x inputSize, as read (not normalised). */
  readonly inputs: Numbers;
  /** Classification: the class index of each row, length n. Regression: row-major n x targets, as read. */
  readonly targets: Numbers;
  readonly length: number;
  /** Natural owner of each row (a vehicle, a mote), where the source has one. */
  readonly owners?: readonly string[];
  /** When each row was read, in ms since the Unix epoch, where the source says so. */
  readonly times?: readonly number[];
}

/** The rows at `indices`, in that order (copies). */
export function selectRows(data: Dataset, indices: ArrayLike<number>): Dataset {
  const inputSize = data.length === 0 ? 0 : data.inputs.length / data.length;
  const targetSize = data.length === 0 ? 0 : data.targets.length / data.length;
  const inputs = sameKind(data.inputs, indices.length * inputSize);
  const targets = sameKind(data.targets, indices.length * targetSize);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    if (row < 0 || row >= data.length) throw new RangeError(`row ${row} of ${data.length}`);
    inputs.set(data.inputs.subarray(row * inputSize, (row + 1) * inputSize), i * inputSize);
    targets.set(data.targets.subarray(row * targetSize, (row + 1) * targetSize), i * targetSize);
  }
  const { owners, times } = data;
  return {
    inputs,
    targets,
    length: indices.length,
    ...(owners && { owners: Array.from(indices, (row) => owners[row] as string) }),
    ...(times && { times: Array.from(indices, (row) => times[row] as number) }),
  };
}

function sameKind(values: Numbers, length: number): Numbers {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}

/** A float32 copy of `values` (rows of `mean.length` numbers, or any layout where mean has one entry) as (x - mean) / std. */
export function standardise(values: Numbers, mean: readonly number[], std: readonly number[]): Float32Array {
  const period = mean.length;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const j = i % period;
    out[i] = ((values[i] as number) - (mean[j] as number)) / (std[j] as number);
  }
  return out;
}
