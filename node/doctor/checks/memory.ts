/** Check `memory`: what the task takes, what is free, and whether addresses are limited. */
import { freemem, totalmem } from "node:os";
import { formatBytes } from "../../../protocol/base/figures.ts";
import { addressLimit } from "../../little-memory.ts";
import { costOf } from "../../task-cost.ts";
import { type DoctorFinding, failure, ok, type QuickCheck, warning } from "../doctor-check.ts";

/** V8, WebAssembly and threads set more aside than they use. */
const ADDRESSES = 4 * 2 ** 30;
const WITHOUT_TASK = 130e6;
/** What a task takes is told as a bound: a machine with less than half of it will not do. */
const FAR_TOO_MUCH = 2;

export const memory: QuickCheck = {
  name: "memory",
  about: "free memory against what the task takes, and a limit of addresses (ulimit -v)",
  withinMs: 2_000,
  async run({ task, running }) {
    const needed = task === undefined ? WITHOUT_TASK : costOf(task.task).memoryBytes;
    const facts = { totalBytes: boundOf(), freeBytes: freeNow(), addressBytes: addressLimit() };
    return memoryFindings(needed, facts, running !== undefined);
  },
};

export interface MemoryFacts {
  /** Of the machine, or of its container. */
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly addressBytes: number | undefined;
}

export function memoryFindings(needed: number, facts: MemoryFacts, isRunning: boolean): DoctorFinding[] {
  const { totalBytes, freeBytes, addressBytes } = facts;
  const text = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free; the peer takes up to ${formatBytes(needed)}, and its data`;
  const found: DoctorFinding[] = [];
  const remedy = "end other programs, or take a task with a smaller model, inbox or memory";
  if (needed > FAR_TOO_MUCH * totalBytes) found.push(failure(text, remedy));
  else if (needed > totalBytes || (!isRunning && needed > freeBytes)) found.push(warning(text, remedy));
  else found.push(ok(isRunning ? `the peer runs; ${text}` : text));
  if (addressBytes !== undefined && addressBytes < ADDRESSES)
    found.push(
      warning(
        `addresses are limited to ${formatBytes(addressBytes)} (ulimit -v)`,
        "lift the limit, and bound the memory by a control group (MemoryMax=) instead: V8 sets more aside than it uses",
      ),
    );
  return found;
}

function boundOf(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

function freeNow(): number {
  return Math.min(boundOf(), process.availableMemory?.() ?? freemem());
}
