/** The vector of a member under its masks, and the mean of all without them. */
import { bytesOfWords, wordsIn } from "../base/bytes.ts";
import type { Crypto, Secrecy } from "../base/seams.ts";
import { addWords, applyMasks } from "./masks.ts";
import { COHORT_GRID, meanOf, quantise } from "./quantise.ts";
import type { Roster } from "./roster.ts";
import { ownMasks, remainingMasks, type Seat, type Unmasking } from "./secrets.ts";
import { sizeOf } from "./statements.ts";

/**
 * What a member sends: uniform words to whoever does not know its secrets. Undefined where the key of another member is no key.
 * @param members those that have sent their boxes, itself among them.
 */
export function maskedVector(
  secrecy: Secrecy,
  seat: Seat,
  { params, seed, members }: { readonly params: Float32Array; readonly seed: Uint8Array; readonly members: number },
): Uint8Array | undefined {
  const masks = ownMasks(secrecy, seat, seed, members);
  return masks && bytesOfWords(applyMasks(secrecy, quantise(params, COHORT_GRID, sizeOf(members)), masks));
}

/**
 * The mean of the survivors, from what each sent. Undefined where too many parts are missing or false.
 * @param vectors of the survivors, all of one length.
 */
export async function unmaskedMean(
  parts: { readonly crypto: Pick<Crypto, "sha256">; readonly secrecy: Secrecy },
  roster: Roster,
  vectors: readonly Uint8Array[],
  unmasking: Unmasking,
): Promise<Float32Array | undefined> {
  const masks = await remainingMasks(parts, roster, unmasking);
  if (masks === undefined) return undefined;
  const sum = new Uint32Array((vectors[0]?.length ?? 0) / 4);
  for (const vector of vectors) addWords(sum, wordsIn(vector));
  return meanOf(applyMasks(parts.secrecy, sum, masks), COHORT_GRID, vectors.length);
}

/** The age of a mean: the lower median of the ages of those in it. */
export function ageOf(ages: readonly number[]): number {
  return ages.toSorted((a, b) => a - b)[(ages.length - 1) >> 1] ?? 0;
}
