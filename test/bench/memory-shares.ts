/**
 * Of what kind the resident memory of peers is. Linux knows mappings; which of the anonymous ones are V8's heaps, only V8 does: so each thread
 * of a peer writes its figures to a file, by a module that Node imports ahead of the command line.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { memoryOf, sharesOf } from "../support/process-memory.ts";
import { sum } from "./statistics.ts";

/** MiB of one peer. */
export interface Shares {
  readonly resident: number;
  /** Anonymous (RssAnon): what the kernel cannot take back without swap. */
  readonly own: number;
  readonly addresses: number;
  readonly files: number;
  readonly malloc: number;
  readonly code: number;
  readonly mainHeap: number;
  readonly engineHeap: number;
  /** Stacks, WebAssembly memories, tables of V8. */
  readonly rest: number;
}

const EVERY_MS = 2_000;
const MIB = 2 ** 20;

/** Flags for a Node whose threads write the physical bytes of their heaps to `<folder>/<pid>-<thread>`. */
export function heapProbe(folder: string): string[] {
  const source = `
    import { writeFileSync } from "node:fs";
    import { getHeapStatistics } from "node:v8";
    import { threadId } from "node:worker_threads";
    const file = ${JSON.stringify(`${folder}/`)} + process.pid + "-" + threadId;
    setInterval(() => writeFileSync(file, String(getHeapStatistics().total_physical_size)), ${EVERY_MS}).unref();`;
  return ["--import", `data:text/javascript,${encodeURIComponent(source)}`];
}

export async function sharesOfPeer(pid: number, folder: string): Promise<Shares> {
  const [{ resident, addresses, anonymous: own }, { files, malloc, code, other }, heaps] = await Promise.all([
    memoryOf(pid),
    sharesOf(pid),
    heapsOf(pid, folder),
  ]);
  const [mainHeap = 0, ...engineHeaps] = heaps;
  const engineHeap = sum(engineHeaps);
  // code lies in the heaps of V8, and in mappings of its own
  const bytes = { resident, own, addresses, files, malloc, code, mainHeap, engineHeap };
  const rest = other + code - mainHeap - engineHeap;
  return Object.fromEntries(Object.entries({ ...bytes, rest }).map(([name, size]) => [name, size / MIB])) as never;
}

/** Main thread first. */
async function heapsOf(pid: number, folder: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${pid}-`)).toSorted();
  return Promise.all(names.map(async (name) => Number(await readFile(join(folder, name), "utf8"))));
}
