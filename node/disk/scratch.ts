/** Temporary directories, which go when they are not needed any more: also where a signal ends the process meanwhile. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writingTo } from "./write-fault.ts";

export interface Scratch {
  readonly path: string;
  remove(): void;
}

const open = new Set<string>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param name what it is for, as part of its own name. */
export async function createScratch(name: string): Promise<Scratch> {
  const path = await writingTo(tmpdir(), "TMPDIR", () => mkdtemp(join(tmpdir(), `hearsay-${name}-`)));
  if (open.size === 0) for (const signal of SIGNALS) process.on(signal, endBy);
  open.add(path);
  return {
    path,
    remove() {
      removeAll([path]);
    },
  };
}

function removeAll(paths: readonly string[]): void {
  for (const path of paths) {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    open.delete(path);
  }
  if (open.size === 0) for (const signal of SIGNALS) process.off(signal, endBy);
}

/** The signal has its usual effect, a little later. */
function endBy(signal: NodeJS.Signals): void {
  removeAll([...open]);
  process.kill(process.pid, signal);
}
