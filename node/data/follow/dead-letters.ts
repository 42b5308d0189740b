/** Rows that did not fit the task, in a file for their owner: a line of JSON each, with the reason. Of a full file one older is kept. */
import { appendFile, rename, stat } from "node:fs/promises";
import { counted } from "../../../protocol/base/counted.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";

export interface DeadLetter {
  readonly source: string;
  readonly reason: string;
  /** As it came. */
  readonly row: string;
}

export interface DeadLetters {
  readonly path: string;
  /** Never throws: a full disk is told by the store. */
  add(letters: readonly DeadLetter[], atMs: number): Promise<void>;
}

/** Of one batch: a source that floods does not wear the disk out. */
const MOST_AT_ONCE = 100;
const MOST_CHARACTERS = 1000;

export function createDeadLetters(path: string): DeadLetters {
  return {
    path,
    async add(letters, atMs) {
      if (letters.length === 0) return;
      const at = new Date(atMs).toISOString();
      const told = letters.slice(0, MOST_AT_ONCE);
      const lines = told.map(({ source, reason, row }) =>
        JSON.stringify({ at, source, reason: cut(reason), row: cut(row.trimEnd()) }),
      );
      const more = letters.length - told.length;
      if (more > 0)
        lines.push(
          JSON.stringify({ at, more, reason: `${counted(more, "more row")} of the same batch are not listed` }),
        );
      try {
        const { size } = await stat(path).catch(() => ({ size: 0 }));
        if (size > LIMITS.maxDeadLetterBytes) await rename(path, `${path}.1`);
        await appendFile(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
      } catch {
        // they are counted all the same
      }
    },
  };
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}
