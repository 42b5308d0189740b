/** What survives a restart beside the log: parameters, age and cycle, and the model that is served for predictions. */
import { bytesToFloats, floatsToBytes } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import type { Store, StoreChange } from "../seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import type { ModelState } from "./outbound.ts";

export interface SavedState extends ModelState {
  readonly cycle: number;
  /** Running mean of the aggregates, 0.7 old + 0.3 new: what predictions are made with, never published. */
  readonly serving: Float32Array;
}

const KEYS = { params: "model/params", serving: "model/serving", counts: "model/counts" };

/** The changes that save a state, to be written in one batch (with the log entry that names its hash). */
export function savedStateChanges({ params, serving, age, cycle }: SavedState): StoreChange[] {
  return [
    { key: KEYS.params, value: floatsToBytes(params) },
    { key: KEYS.serving, value: floatsToBytes(serving) },
    { key: KEYS.counts, value: encodeCanonical([1, age, cycle]) },
  ];
}

/**
 * The saved state, or undefined in a new store.
 * @throws HearsayError ERR_STATE where it is damaged or of a model of another size.
 */
export async function loadState(store: Store, numParams: number): Promise<SavedState | undefined> {
  const [params, serving, counts] = await Promise.all(
    [KEYS.params, KEYS.serving, KEYS.counts].map((key) => store.get(key)),
  );
  if (params === undefined && counts === undefined) return undefined;
  const fields = counts === undefined ? undefined : decodeCanonical(counts, 64);
  if (
    params?.length !== 4 * numParams ||
    serving?.length !== 4 * numParams ||
    !Array.isArray(fields) ||
    fields[0] !== 1
  ) {
    throw new HearsayError("ERR_STATE", "the saved model is damaged or of another task; use another state directory");
  }
  const [, age, cycle] = fields as [1, number, number];
  return { params: bytesToFloats(params), serving: bytesToFloats(serving), age, cycle };
}

const SERVING_MEMORY = 0.7;

/** serving <- 0.7 serving + 0.3 aggregate. */
export function blendServing(serving: Float32Array, aggregate: Float32Array): Float32Array {
  return serving.map((value, i) => SERVING_MEMORY * value + (1 - SERVING_MEMORY) * (aggregate[i] as number));
}
