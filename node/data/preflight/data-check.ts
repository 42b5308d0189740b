/** What a check of a data set against its task is. Each check is one file of this folder; `registry.ts` lists them. */
import type { DataLook } from "./look.ts";

export interface DataFinding {
  /** A failure: nothing can be learned from such data. */
  readonly level: "warning" | "failure";
  /** The column that it is about, where it is about one. */
  readonly column?: string;
  /** What is the matter, in words. */
  readonly what: string;
  /** What its owner can do. */
  readonly remedy: string;
}

export interface DataCheck {
  readonly name: string;
  /** What it looks for, for help and README. */
  readonly about: string;
  run(look: DataLook): readonly DataFinding[];
}

/** Findings that are told one by one; the rest of a check is counted. */
const MAX_SINGLE = 5;

/** At most five findings, and one for the rest. */
export function fewOf(findings: readonly DataFinding[], remedy: string): DataFinding[] {
  if (findings.length <= MAX_SINGLE) return [...findings];
  const rest = findings.length - MAX_SINGLE;
  return [
    ...findings.slice(0, MAX_SINGLE),
    { level: "warning", what: `and ${rest} more columns are like that`, remedy },
  ];
}
