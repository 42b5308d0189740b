/**
 * One pass over long rows, divided into pieces that any thread may take until there are none left; a slow thread takes fewer.
 * Helpers take the first of those that are left, the caller the last, so that the memory to which helpers write is that of their share.
 * What is found does not depend on who finds it: sums are those of whole spans, and a reduction knows one coordinate at a time.
 */
import { kernelPasses } from "../../protocol/aggregate/kernels/passes.ts";
import { copyRowsBy, kernelsServe, type Workspace } from "../../protocol/aggregate/kernels/workspace.ts";
import { type Pass, type Passes, SPAN } from "../../protocol/aggregate/rows/passes.ts";
import { PLAIN } from "../../protocol/aggregate/rows/plain.ts";
import { copyFast } from "./copy-fast.ts";
import type { SharedMemory } from "./model-memory.ts";

/** What a helper thread is started with: the memory of the rows, and which workspace of it is its own. */
export interface HelperData {
  readonly memory: SharedMemory;
  readonly thread: number;
}

/** What crosses to a helper thread. Rows lie in the memory of models; board and what is found are shared too. */
export interface Division {
  readonly rows: readonly Float32Array[];
  readonly work: Work;
  /** Made by `boardOf`. */
  readonly board: Int32Array<SharedArrayBuffer>;
  /** Where helpers write: the sums of each piece, one after the other, or coordinates of the result. */
  readonly found: Found<SharedArrayBuffer>;
}

/** A pass that sums up, by its name, or one that reduces. */
export type Work = "gram" | "squaredLengths" | Pass;

export type Found<Memory extends ArrayBufferLike = ArrayBufferLike> = Float32Array<Memory> | Float64Array<Memory>;

/** Places on the board: how many pieces have been asked for, how many of them by helpers; from `DONE` on, 1 for each that a helper did. */
const [ASKED, HELPED, DONE] = [0, 1, 2] as const;

/** Coordinates of a piece of a reduction: few, so that no thread waits long for the last piece of another. */
const REDUCED = 2 ** 16;

copyRowsBy(copyFast);

/** What a thread with this workspace does alone, for any number of rows. */
export function passesBy(workspace: Workspace): Passes {
  const kernels = kernelPasses(() => workspace);
  const serving = (rows: readonly Float32Array[]) => (kernelsServe(rows.length) ? kernels : PLAIN);
  return {
    gram: (rows) => serving(rows).gram(rows),
    squaredLengths: (rows) => serving(rows).squaredLengths(rows),
    reduce: (rows, pass, result) => serving(rows).reduce(rows, pass, result),
  };
}

/** Start and end of each piece of d coordinates. */
export function piecesOf(d: number, work: Work): (readonly [start: number, end: number])[] {
  const size = typeof work === "string" ? SPAN : REDUCED;
  return Array.from({ length: Math.ceil(d / size) }, (_, i) => [i * size, Math.min((i + 1) * size, d)] as const);
}

export function boardOf(pieces: number): Division["board"] {
  return new Int32Array(new SharedArrayBuffer(4 * (DONE + pieces)));
}

/** What a helper does, by its passes. */
export function help(passes: Passes, division: Division): void {
  const { board, found } = division;
  while (mayTake(board)) {
    const piece = Atomics.add(board, HELPED, 1);
    carryOut(passes, division, piece, found);
    Atomics.store(board, DONE + piece, 1);
    Atomics.notify(board, DONE + piece);
  }
}

/** Whether there is still a piece to take: for helpers the first that is left, for the caller the last. */
export function mayTake(board: Division["board"]): boolean {
  return Atomics.add(board, ASKED, 1) < board.length - DONE;
}

/** Waits for a piece that a helper has taken; false where it takes longer than that. */
export function isDone(board: Division["board"], piece: number, patienceMs: number): boolean {
  return Atomics.wait(board, DONE + piece, 0, patienceMs) !== "timed-out";
}

/** Does one piece and writes what it finds to `into`, an array like `found`. */
export function carryOut(passes: Passes, { rows, work }: Division, piece: number, into: Found): void {
  const [start, end] = piecesOf((rows[0] as Float32Array).length, work)[piece] as readonly [number, number];
  const part = rows.map((row) => row.subarray(start, end));
  if (typeof work === "string") {
    const sums = passes[work](part);
    into.set(sums, piece * sums.length);
  } else passes.reduce(part, work, into.subarray(start, end) as Float32Array);
}
