/**
 * Memory in which large models lie while they are aggregated: one WebAssembly memory that all threads of an engine have, so that kernels
 * read each model where it is, and none is copied for a pass.
 *
 *     workspaces    one for each thread (`protocol/aggregate/kernels/workspace.ts`)
 *     models        in the order in which they came
 *
 * A memory never shrinks. What is given back is kept for the next model, and pages that are there already are much faster to fill than
 * new ones.
 */

import { createWorkspace, WORKSPACE_PAGES, type Workspace } from "../../protocol/aggregate/kernels/workspace.ts";
import { createSharedMemory, PAGE, type WasmMemory } from "../../protocol/base/wasm-module.ts";
import { copyFast } from "./copy-fast.ts";

export type SharedMemory = WasmMemory<SharedArrayBuffer>;

export interface ModelMemory {
  /** Crosses to other threads by message. */
  readonly memory: SharedMemory;
  /** A copy of the vector there; an ordinary copy where the memory is full. */
  copy(vector: Float32Array): Float32Array;
  /** Takes back what `copy` returned, once nobody reads it any more. */
  giveBack(vector: Float32Array): void;
}

const SMALL_PAGE = 4096;
const LEAST_PAGES = 2 ** 30 / PAGE;
const MOST_PAGES = 2 ** 32 / PAGE;
const CACHE_LINE = 64;

/**
 * Pages to set aside for a task whose first aggregation has `models` of `length` parameters: for twice as many, and 1 GiB at least, which leaves
 * a process of small models far below 4 GB of addresses. What finds no room is copied as small models are.
 */
export function pagesFor(threads: number, models: number, length: number): number {
  const pages = threads * WORKSPACE_PAGES + Math.ceil((2 * models * bytesOf(length)) / PAGE);
  return Math.min(MOST_PAGES, Math.max(LEAST_PAGES, pages));
}

/** For so many threads, of at most `most` pages, 4 GiB if not given. Undefined where the host has not that much address space. */
export function createModelMemory(threads: number, most?: number): ModelMemory | undefined {
  const memory = orFull(() => createSharedMemory(threads * WORKSPACE_PAGES, most));
  return memory && modelsIn(memory);
}

function modelsIn(memory: SharedMemory): ModelMemory {
  const begin = memory.buffer.byteLength;
  const lent = new Set<Float32Array>();
  let free: Float32Array[] = [];
  let end = begin;

  /** Undefined where the memory is full. */
  function take(length: number): Float32Array | undefined {
    free = free.filter((other) => other.length === length); // models of one task are of one length
    if (free.length > 0) return free.pop();
    if (lent.size === 0) end = begin;
    const bytes = bytesOf(length);
    const missing = Math.ceil((end + bytes - memory.buffer.byteLength) / PAGE);
    if (missing > 0 && orFull(() => memory.grow(missing)) === undefined) return undefined;
    end += bytes;
    return new Float32Array(memory.buffer, end - bytes, length);
  }

  return {
    memory,
    copy(vector) {
      const copy = take(vector.length);
      if (copy === undefined) return vector.slice();
      copyFast(vector, 0, vector.length, copy, 0);
      lent.add(copy);
      return copy;
    },
    giveBack(vector) {
      if (lent.delete(vector)) free.push(vector);
    },
  };
}

/** One cache line more than whole small pages, or the same coordinate of all models would compete for one cache set. */
function bytesOf(length: number): number {
  return Math.ceil((4 * length) / SMALL_PAGE) * SMALL_PAGE + CACHE_LINE;
}

/** A vector of the memory as a thread has it that was sent both, and as one that saw the memory grow must have it for its kernels. */
export function vectorIn({ buffer }: SharedMemory, { byteOffset, length }: Float32Array): Float32Array {
  return new Float32Array(buffer, byteOffset, length);
}

/** The workspace of one of the threads, numbered from 0 on. */
export function workspaceIn(memory: SharedMemory, thread: number): Workspace {
  return createWorkspace(memory, thread * WORKSPACE_PAGES);
}

export function isShared({ buffer }: Float32Array): boolean {
  return buffer instanceof SharedArrayBuffer;
}

/** Undefined where there is not enough memory. */
function orFull<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
