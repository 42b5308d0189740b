/** Checks of decoded values that messages, log entries and saved state share. */
import { MAX_MASS } from "../base/weight.ts";

/** True for 32 bytes: a hash or a key. */
export function isBytes32(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

/** True for an integer in 0 .. 2^53-1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True for the number of one of a key's logs of a task, 0 .. 2^32-1. */
export function isGeneration(value: unknown): value is number {
  return isCount(value) && value < 2 ** 32;
}

/** True for a number of models that one may stand for, 1 .. MAX_MASS. */
export function isMass(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= MAX_MASS;
}

export const MINUTE_MS = 60_000;

/** A time rounded down to whole minutes, as whatever leaves a peer says it: to the second, times tell who sits where and when. */
export function wholeMinutes(ms: number): number {
  return MINUTE_MS * Math.floor(ms / MINUTE_MS);
}
