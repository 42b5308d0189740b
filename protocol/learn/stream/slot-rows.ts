/** The values of the rows of a window, in its slots; memory grows with the slots that were used. */
import type { Dataset } from "../data/dataset.ts";

/** A row of a stream that fits the task. */
export interface StreamRow {
  /** ms since the Unix epoch. */
  readonly timeMs: number;
  /** As read (not normalised), with masks where the task has them. */
  readonly inputs: Float64Array;
  /** The class index; or the targets, as read. */
  readonly targets: Float64Array;
}

export class SlotRows {
  readonly #inputWidth: number;
  readonly #targetWidth: number;
  #inputs = new Float64Array();
  #targets = new Float64Array();
  /** By slot: whether there is a row. */
  #used = new Uint8Array();
  #length = 0;

  constructor(inputWidth: number, targetWidth: number) {
    this.#inputWidth = inputWidth;
    this.#targetWidth = targetWidth;
  }

  get length(): number {
    return this.#length;
  }

  set(slot: number, { inputs, targets }: Pick<StreamRow, "inputs" | "targets">): void {
    if (slot >= this.#used.length) this.#grow(slot + 1);
    this.#inputs.set(inputs, slot * this.#inputWidth);
    this.#targets.set(targets, slot * this.#targetWidth);
    if (this.#used[slot] === 0) this.#length++;
    this.#used[slot] = 1;
  }

  free(slot: number): void {
    if (this.#used[slot] === 1) this.#length--;
    if (slot < this.#used.length) this.#used[slot] = 0;
  }

  /** The rows in order of their slots, as a copy. */
  data(): Dataset {
    const inputs = new Float64Array(this.#length * this.#inputWidth);
    const targets = new Float64Array(this.#length * this.#targetWidth);
    let row = 0;
    for (const [slot, used] of this.#used.entries()) {
      if (used === 0) continue;
      inputs.set(part(this.#inputs, slot, this.#inputWidth), row * this.#inputWidth);
      targets.set(part(this.#targets, slot, this.#targetWidth), row * this.#targetWidth);
      row++;
    }
    return { inputs, targets, length: this.#length };
  }

  #grow(slots: number): void {
    const room = Math.max(slots, 2 * this.#used.length, 64);
    this.#inputs = grown(this.#inputs, room * this.#inputWidth);
    this.#targets = grown(this.#targets, room * this.#targetWidth);
    const used = new Uint8Array(room);
    used.set(this.#used);
    this.#used = used;
  }
}

function part(values: Float64Array, slot: number, width: number): Float64Array {
  return values.subarray(slot * width, (slot + 1) * width);
}

function grown(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(values);
  return larger;
}
