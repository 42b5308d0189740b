/** Collects what is wrong with a file, so that its owner hears of many faults at once and not of one per attempt. */
import { HearsayError } from "../../protocol/base/errors.ts";

/** Faults that are spelt out; the rest is counted. */
const MAX_LISTED = 20;

export interface Faults {
  add(fault: string): void;
  /** @throws HearsayError ERR_DATA with the first 20 faults (`details.faults`), their number (`details.total`), and what helps with all of them. */
  throwIfAny(remedy?: string): void;
}

export function createFaults(path: string): Faults {
  const faults: string[] = [];
  let total = 0;
  return {
    add(fault) {
      total++;
      if (faults.length < MAX_LISTED) faults.push(fault);
    },
    throwIfAny(remedy) {
      if (total === 0) return;
      const heading = `${path}: ${total} fault(s)${total > MAX_LISTED ? `, the first ${MAX_LISTED}` : ""}:`;
      throw new HearsayError(
        "ERR_DATA",
        `${[heading, ...faults].join("\n  ")}${remedy === undefined ? "" : `\n${remedy}`}`,
        { path, faults, total },
      );
    },
  };
}
