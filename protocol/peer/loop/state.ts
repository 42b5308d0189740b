/** What survives a restart beside the log: parameters, age and cycle, the model that is served for predictions, and what of it stays with this peer. */
import { bytesOf, bytesToFloats, floatsToBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { euclideanNorm } from "../../base/norm.ts";
import type { Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isCount } from "../../wire/values.ts";
import type { ModelState } from "../stages.ts";

export interface SavedState extends ModelState {
  readonly cycle: number;
  /** Running mean of the aggregates (`blendServing`): what predictions are made with, never published. */
  readonly serving: Float32Array;
}

const KEYS = {
  params: `${STORE.model}params`,
  serving: `${STORE.model}serving`,
  counts: `${STORE.model}counts`,
  personal: `${STORE.model}personal`,
};

/** The changes that save a state, to be written in one batch (with the log entry that names its hash). */
export function savedStateChanges({ params, serving, age, cycle }: SavedState): StoreChange[] {
  return [
    { key: KEYS.params, value: bytesOf(params) }, // no vector changes after it was made: a store may read it when it writes
    { key: KEYS.serving, value: bytesOf(serving) },
    { key: KEYS.counts, value: encodeRecord(RECORDS["model/counts"], age, cycle) },
  ];
}

/** The changes that save what stays with this peer of its model: none where all is shared. */
export function personalChanges(personal: Float32Array | undefined): StoreChange[] {
  return personal === undefined ? [] : [{ key: KEYS.personal, value: floatsToBytes(personal) }];
}

/** What was saved so; undefined where nothing was. @throws HearsayError ERR_STATE where it is damaged. */
export async function loadPersonal(store: Store): Promise<Float32Array | undefined> {
  const bytes = await store.get(KEYS.personal);
  if (bytes === undefined) return undefined;
  const personal = bytes.length % 4 === 0 ? bytesToFloats(bytes) : undefined;
  if (personal !== undefined && Number.isFinite(euclideanNorm(personal))) return personal;
  throw new HearsayError("ERR_STATE", "the personal part of the model is damaged; use another state directory");
}

/**
 * The saved state, or undefined in a new store.
 * @throws HearsayError ERR_STATE where it is damaged or of a model of another size.
 */
export async function loadState(store: Store, numParams: number): Promise<SavedState | undefined> {
  const [params, serving, counts] = await Promise.all(
    [KEYS.params, KEYS.serving, KEYS.counts].map((key) => store.get(key)),
  );
  if (params === undefined && serving === undefined && counts === undefined) return undefined;
  const own = readParams(params, numParams);
  const served = readParams(serving, numParams);
  const numbers = readCounts(counts);
  if (own === undefined || served === undefined || numbers === undefined) {
    throw new HearsayError("ERR_STATE", "the saved model is damaged or of another task; use another state directory");
  }
  return { params: own, serving: served, ...numbers };
}

/** Finite parameters, or undefined. */
function readParams(bytes: Uint8Array | undefined, numParams: number): Float32Array | undefined {
  if (bytes?.length !== 4 * numParams) return undefined;
  const params = bytesToFloats(bytes);
  return Number.isFinite(euclideanNorm(params)) ? params : undefined;
}

function readCounts(bytes: Uint8Array | undefined): { age: number; cycle: number } | undefined {
  const [age, cycle] = decodeRecord(bytes, RECORDS["model/counts"]) ?? [];
  return isCount(age) && isCount(cycle) ? { age, cycle } : undefined;
}

/** What stays of the running mean in a cycle, where the task does not say (`training.runningMean`). */
const SERVING_MEMORY = 0.7;

/** serving <- memory serving + (1 - memory) aggregate. */
export function blendServing(
  serving: Float32Array,
  aggregate: Float32Array,
  memory: number = SERVING_MEMORY,
): Float32Array {
  const blended = new Float32Array(serving.length); // `map` takes six times as long, and this runs on the event loop
  for (let i = 0; i < blended.length; i++)
    blended[i] = memory * (serving[i] as number) + (1 - memory) * (aggregate[i] as number);
  return blended;
}
