/**
 * How Node is run so that a peer needs half of the memory that it takes by default; what each flag saves stands in node/README.md.
 *
 * Node reads some flags when it starts and at no other time. `restartInLittleMemory` starts it again under these flags: the same process
 * runs the same command from the beginning, under the same process id, with the same files and signals. That costs the start of a bare Node
 * (40 ms), once. Where the system or this Node cannot, the peer still runs, with more memory.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { PAGE } from "../protocol/base/wasm-module.ts";

/**
 * With its trap handler V8 sets 8 GiB of addresses aside for each WebAssembly memory; without, it checks each address. The engine `dense`, whose
 * kernels need few checks, does not mind; TensorFlow.js takes a tenth longer on mlp, and as long as before on cnn.
 */
const NO_TRAPS = "--disable-wasm-trap-handler";
const TRAPS = "--no-disable-wasm-trap-handler";

/** Read at the start. Young objects get 3 MiB instead of up to 96, V8 one thread for its own work instead of four, and programs the function `gc`. */
const START_FLAGS: readonly string[] = ["--max-semi-space-size=1", "--v8-pool-size=1", "--expose-gc", NO_TRAPS];

/**
 * Of glibc: one heap for all threads instead of one each, so that what one frees serves another; what is free at its end goes back to the
 * system from 128 KiB on, where the threshold would rise with the largest block that was ever freed; and from 8 KiB on (a model of 2,000
 * parameters) a block has pages of its own, which go back at once. In one heap such blocks leave gaps, which grew it for hours.
 */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_THRESHOLD_: "8192",
};

/**
 * Machine code is made of a function once, by TurboFan, when it has been called 400 times. By default Maglev makes some first, and TurboFan other
 * code in its place after thousands of calls: what a peer calls once a cycle would be compiled for hours, and what compilers leave behind in
 * glibc's heap with it.
 */
const COMPILED_ONCE: readonly string[] = ["--no-maglev", "--invocation-count-for-turbofan=400"];
const COMPILED_TWICE: readonly string[] = ["--maglev", "--invocation-count-for-turbofan=3000"];

/** V8 notes of which types the values in a function are from its hundredth call on, in place of its eighth: most of what a peer has runs less often. */
const NOTED_LATE = "--invocation-count-for-feedback-allocation=100";

/** V8 heeds these from any moment on: it grows its heap in smaller steps, and compiles what is called, no earlier. */
const V8_FLAGS: readonly string[] = [
  "--optimize-for-size",
  "--no-sparkplug",
  "--max-lazy",
  NOTED_LATE,
  ...COMPILED_ONCE,
];

/** Flags for a Node that is to be started. */
export function littleMemoryFlags(): string[] {
  return START_FLAGS.filter((flag) => process.allowedNodeEnvironmentFlags.has(flag.replace(/=.*/, "")));
}

/** Environment for a Node that is to be started; what is set already stays. */
export function littleMemoryEnvironment(): NodeJS.ProcessEnv {
  return { ...ENVIRONMENT, ...process.env };
}

/** Has V8 keep its heap small from now on, in all threads. */
export function keepHeapSmall(): void {
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
}

/** For TensorFlow.js, whose steps take a fifth more CPU time without Maglev; V8 knows such flags for the whole process only. */
export function compileInSteps(): void {
  for (const flag of COMPILED_TWICE) setFlagsFromString(flag);
}

/** Has V8 drop the bytecode of functions that did not run between two collections, in place of seven; it is made again when they do. */
export function dropRestingCode(): void {
  setFlagsFromString("--bytecode-old-age=1");
}

const COLLECT_EVERY_MS = 60_000;

/**
 * Has this thread collect its garbage every minute, where `littleMemoryFlags` hold. By itself V8 looks for old garbage only when its heap has
 * grown by tenths, and does not count the buffers of models that hang on it: they would lie there for minutes, and in the engine's thread for hours.
 */
export function collectInTime(everyMs: number = COLLECT_EVERY_MS): void {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc !== undefined) setInterval(() => gc(), everyMs).unref();
}

/**
 * Starts this process again under `littleMemoryFlags`, unless it has them. Call it before anything is open: nothing is closed, and no handler
 * of `exit` may wait. It returns where there is nothing to do or no way to: on Windows, in Node before 22.15, where the parent talks to
 * this process over a channel, under Node's permission model.
 */
export function restartInLittleMemory(): void {
  keepHeapSmall();
  const flags = littleMemoryFlags();
  const given = new Set(process.execArgv);
  if (process.execve === undefined || process.channel || flags.every((flag) => given.has(flag))) return;
  const own = new Set(flags);
  const others = process.execArgv.filter((flag) => !own.has(flag));
  const command = [process.execPath, ...flags, ...others, ...process.argv.slice(1)]; // of two flags alike the user's counts
  try {
    process.execve(process.execPath, command, littleMemoryEnvironment());
  } catch {
    // not permitted
  }
}

/** Pages of 64 KiB that a memory gets which names no limit of its own. */
const MODEST_PAGES = 1024;
const MOST_PAGES = 65_536;

/** 512 MiB: enough for a model of some million parameters. */
const AMPLE_PAGES = 8192;

/**
 * Pages for a memory that may need many. Without trap handler one that outgrows them is copied to where there is room, so that few will do; with
 * it they are the most that it will ever have: all, or a quarter of the addresses where the process may set only so many aside (`ulimit -v`).
 */
export function ampleWasmPages(): number {
  if (process.execArgv.findLast((flag) => flag === NO_TRAPS || flag === TRAPS) === NO_TRAPS) return AMPLE_PAGES;
  const limit = addressLimit();
  return limit === undefined ? MOST_PAGES : Math.min(MOST_PAGES, Math.floor(limit / 4 / PAGE));
}

/** Of the process (`ulimit -v`), in bytes; undefined where there is none, or not Linux. */
export function addressLimit(): number | undefined {
  try {
    const [, soft] = /^Max address space +(\d+) /m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/**
 * Loads modules whose WebAssembly memories name no limit, for which V8 would set 4 GiB of addresses aside each, or as many as it gets, with
 * room for so many pages, by default 64 MiB. No memory of the process may be larger when it is made meanwhile.
 */
export async function withModestWasm<Module>(
  load: () => Promise<Module>,
  pages: number = MODEST_PAGES,
): Promise<Module> {
  setFlagsFromString(`--wasm-max-mem-pages=${pages}`);
  try {
    return await load();
  } finally {
    setFlagsFromString(`--wasm-max-mem-pages=${MOST_PAGES}`);
  }
}
