/**
 * The passes of the aggregation rules on several threads, for large models: the thread that asks and its helpers (`thread.ts`).
 * Any number of threads gives the same bits.
 *
 * A pass blocks the thread that asks, so that this is nothing for an event loop. It never hangs: a piece that a helper has taken
 * and does not finish, because it died or sleeps, is done by the caller after all.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { addTo } from "../../protocol/aggregate/rows/differences.ts";
import { type Passes, SPAN } from "../../protocol/aggregate/rows/passes.ts";
import { copyFast } from "./copy-fast.ts";
import {
  boardOf,
  carryOut,
  type Division,
  type Found,
  type HelperData,
  isDone,
  mayTake,
  passesBy,
  piecesOf,
  type Work,
} from "./division.ts";
import { type SharedMemory, workspaceIn } from "./model-memory.ts";

export interface ThreadedPasses {
  /** Rows of more than `SPAN` coordinates that all lie in that memory are divided; others are left to the caller alone. */
  readonly passes: Passes;
  /** Ends the helpers. */
  close(): Promise<void>;
}

export interface ThreadOptions {
  /** Longest wait for a piece that a helper has taken. */
  readonly patienceMs?: number;
  /** Starts a thread that does what `thread.ts` does. */
  readonly startHelper?: (data: HelperData) => Worker;
}

/**
 * `threads`: the caller and its helpers, which start with the first long rows, stay, and do not keep the process alive. They work in
 * `memory`, made for as many threads (`model-memory.ts`). Beside rows and result, 4 d bytes are taken and kept, and a few megabytes for
 * each helper.
 */
export function createThreadedPasses(
  threads: number,
  memory: SharedMemory,
  { patienceMs = 1000, startHelper = startThread }: ThreadOptions = {},
): ThreadedPasses {
  const helpers = new Map<Worker, number>();
  const workspace = workspaceIn(memory, 0);
  const own = passesBy(workspace);
  let free = new SharedArrayBuffer(0);

  /** Does a pass. What the caller finds is written to `into`, by default where helpers write. */
  function divide(rows: readonly Float32Array[], work: Work, found: Division["found"], into: Found = found): void {
    const pieces = piecesOf((rows[0] as Float32Array).length, work);
    const division = { rows, work, board: boardOf(pieces.length), found };
    for (let thread = 1; thread < threads; thread++)
      if (![...helpers.values()].includes(thread)) enlist(helpers, startHelper({ memory, thread }), thread);
    for (const helper of helpers.keys()) helper.postMessage(division);
    let last = pieces.length;
    while (mayTake(division.board)) carryOut(own, division, --last, into);
    let allInTime = true;
    for (const [piece, [start, end]] of pieces.slice(0, last).entries()) {
      if (!isDone(division.board, piece, patienceMs)) {
        allInTime = false;
        carryOut(own, division, piece, into);
      } else if (into !== found) copyFast(found as Float32Array, start, end - start, into as Float32Array, start);
    }
    if (allInTime) free = found.buffer; // else somebody may still write to it
  }

  /** Shared memory of at least so many bytes, which `divide` gives back. V8 does not count it, so that garbage of it would stay. */
  function borrow(bytes: number): SharedArrayBuffer {
    const memory = free.byteLength >= bytes ? free : new SharedArrayBuffer(bytes);
    free = new SharedArrayBuffer(0);
    return memory;
  }

  function sumUp(rows: readonly Float32Array[], work: "gram" | "squaredLengths", width: number): Float64Array {
    const pieces = piecesOf((rows[0] as Float32Array).length, work);
    const found = new Float64Array(borrow(8 * width * pieces.length), 0, width * pieces.length);
    divide(rows, work, found);
    return pieces.map((_, i): Float64Array => found.slice(i * width, (i + 1) * width)).reduce(addTo);
  }

  const alone = (rows: readonly Float32Array[]) =>
    threads === 1 || (rows[0]?.length ?? 0) <= SPAN || !rows.every(workspace.holds);

  return {
    passes: {
      gram: (rows) => (alone(rows) ? own.gram(rows) : sumUp(rows, "gram", (rows.length - 1) * (rows.length - 1))),
      squaredLengths: (rows) =>
        alone(rows) ? own.squaredLengths(rows) : sumUp(rows, "squaredLengths", rows.length - 1),
      reduce(rows, pass, result = new Float32Array(rows[0]?.length ?? 0)) {
        if (alone(rows)) return own.reduce(rows, pass, result);
        divide(rows, pass, new Float32Array(borrow(4 * result.length), 0, result.length), result);
        return result;
      },
    },
    async close() {
      await Promise.all([...helpers.keys()].map((helper) => helper.terminate()));
    },
  };
}

/** Counts on a helper until it ends. It does not keep the process alive. */
function enlist(helpers: Map<Worker, number>, helper: Worker, thread: number): void {
  const forget = () => helpers.delete(helper);
  helper.on("error", forget); // the caller does its piece, and meets the error itself if it was not the helper's own
  helper.on("exit", forget);
  helper.unref();
  helpers.set(helper, thread);
}

function startThread(workerData: HelperData): Worker {
  const body = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);
  return new Worker(body, { name: "hearsay-aggregation", workerData });
}
