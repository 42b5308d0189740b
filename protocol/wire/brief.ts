/**
 * A brief tells a neighbour of a model that its author has published: no more than the neighbour needs to decide whether it pulls the model. The connection shows
 * who the author is, so a brief has no signature, and it counts for this neighbour alone. Later the model comes with a signature, from which all follows that the brief
 * said (model-messages.ts). That counts for others too.
 *
 *     seq, age, minute, generation, bytes, mass           numbers (numbers.ts); `minute`: of tsMs since 1970
 */
import { LIMITS } from "../base/limits.ts";
import { MAX_MASS } from "../base/weight.ts";
import type { Announcement } from "./announcement.ts";
import { malformed } from "./fields.ts";
import { MAX_NUMBER } from "./numbers.ts";
import { isGeneration, isMass, MINUTE_MS } from "./values.ts";

/** Fields as those of an announcement. */
export type Brief = Pick<Announcement, "generation" | "seq" | "bytes" | "age" | "mass" | "tsMs">;

export const BRIEF_NUMBERS = 6;

/** The numbers of a brief; undefined where one is too large for that, the body is long, or it says what has to be signed: what was spent of a privacy budget. */
export function briefOf(announcement: Announcement): readonly number[] | undefined {
  const { seq, age, tsMs, generation, bytes, mass, spent } = announcement;
  const numbers = [seq, age, tsMs / MINUTE_MS, generation, bytes, mass];
  if (
    spent !== undefined ||
    bytes > LIMITS.maxBriefBodyBytes ||
    !numbers.every((number) => Number.isSafeInteger(number) && number < MAX_NUMBER)
  )
    return undefined;
  return numbers;
}

/** @throws HearsayError ERR_DECODE. */
export function readBrief(numbers: readonly number[]): Brief {
  const [seq = 0, age = 0, minute = 0, generation = 0, bytes = 0, mass = 0] = numbers;
  if (numbers.length !== BRIEF_NUMBERS || numbers.some((number) => number >= MAX_NUMBER))
    throw malformed(`a brief is ${BRIEF_NUMBERS} numbers below 2^48`);
  if (age > LIMITS.maxAge) throw malformed(`an age above ${LIMITS.maxAge}`);
  if (!isGeneration(generation)) throw malformed("the generation is not in 0 .. 2^32-1");
  if (!isMass(mass)) throw malformed(`the mass is not in 1 .. ${MAX_MASS}`);
  if (bytes > LIMITS.maxBriefBodyBytes) throw malformed("a body that is told of by announcements only");
  if (!Number.isSafeInteger(minute * MINUTE_MS)) throw malformed("a minute beyond all times");
  return { seq, age, generation, bytes, mass, tsMs: minute * MINUTE_MS };
}
