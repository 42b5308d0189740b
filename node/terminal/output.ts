/**
 * What becomes of a command when nobody takes its output any more: the reader went away (EPIPE), the terminal is closed (EIO), the disk under
 * it is full.
 *
 * Standard output is what a command is for: without it the command ends, quietly where the reader has read enough, as head does, else with
 * an error. A command that does more than print goes on without it. Standard error is for people who look: no command ends because nobody reads it.
 */
import { fail } from "./fail.ts";

let neededOutput = true;

/** To be called once, before anything is written. */
export function guardOutput(): void {
  process.stderr.on("error", () => {}); // nobody looks
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!neededOutput) return;
    if (error.code !== "EPIPE") {
      error.path ??= "standard output";
      fail(error);
    }
    process.exit();
  });
}

/** From now on the command goes on whatever becomes of its output. */
export function outliveOutput(): void {
  neededOutput = false;
}

/** Standard error as far as Node does not tell: a pipe or a terminal can be written to without waiting for its reader. */
interface Waiting {
  readonly _handle?: { setBlocking?(blocking: boolean): number };
}

/** Beyond this what a reader that has stopped did not take is dropped. */
const MAX_WAITING_BYTES = 2 ** 18;

/**
 * Standard error for a log that goes on for months: a reader that has stopped, such as a pager or a terminal under Ctrl-S, holds nobody up.
 * What it does not take is kept up to 256 KiB, and dropped beyond.
 */
export function logOutput(): { write(line: string): void } {
  const out = process.stderr;
  (out as Waiting)._handle?.setBlocking?.(false);
  return {
    write(line) {
      if (out.writableLength < MAX_WAITING_BYTES) out.write(line);
    },
  };
}
