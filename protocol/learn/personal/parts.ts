/** A vector in two parts: the tensors that are shared, and those that stay, each in the order of the task. */
import { staying } from "../../base/shared-tensors.ts";
import { tensorSlices } from "../tensors.ts";
import type { PersonalTask } from "./method.ts";

export interface LayerSplit {
  /** Numbers of each part. */
  readonly numShared: number;
  readonly numOwn: number;
  /** Of each tensor, whether it stays. */
  readonly stays: readonly boolean[];
  join(shared: Float32Array, own: Float32Array): Float32Array;
  shared(whole: Float32Array): Float32Array;
  own(whole: Float32Array): Float32Array;
}

export function partsOf(task: Pick<PersonalTask, "tensors" | "personal">): LayerSplit {
  const stays = staying(task);
  const slices = tensorSlices(task.tensors);
  const lengthOf = (part: boolean) => slices.reduce((sum, { length }, i) => sum + (stays[i] === part ? length : 0), 0);
  const [numShared, numOwn] = [lengthOf(false), lengthOf(true)];
  /** Calls back for each tensor of a part: where it lies in the whole, and where in the part. */
  const each = (part: boolean, move: (from: number, length: number, at: number) => void) => {
    let at = 0;
    for (const [i, { offset, length }] of slices.entries()) {
      if (stays[i] !== part) continue;
      move(offset, length, at);
      at += length;
    }
  };
  const pick = (whole: Float32Array, part: boolean, length: number) => {
    const picked = new Float32Array(length);
    each(part, (from, count, at) => picked.set(whole.subarray(from, from + count), at));
    return picked;
  };
  return {
    numShared,
    numOwn,
    stays,
    join(shared, own) {
      const whole = new Float32Array(numShared + numOwn);
      each(false, (to, length, at) => whole.set(shared.subarray(at, at + length), to));
      each(true, (to, length, at) => whole.set(own.subarray(at, at + length), to));
      return whole;
    },
    shared: (whole) => pick(whole, false, numShared),
    own: (whole) => pick(whole, true, numOwn),
  };
}
