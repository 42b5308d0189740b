/** A question to whoever sits at the terminal. */
import { drawing, tell } from "./terminal.ts";

/** Whether there is somebody to ask: input and the stream of the question are a terminal. */
export function somebodyIsThere(): boolean {
  return process.stdin.isTTY === true && drawing.isTTY === true;
}

/** True for y or yes; everything else, the end of input included, is no. */
export async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises"); // most peers ask nobody
  const reader = createInterface({ input: process.stdin, terminal: false });
  tell(`${question} [y/N] `);
  try {
    for await (const line of reader) return /^\s*y(?:es)?\s*$/i.test(line);
    return false;
  } finally {
    reader.close();
  }
}
