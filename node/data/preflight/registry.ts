/** The checks of a data set against its task, in the order in which they are told. One more is its file and its place in this list. */
import { classes } from "./classes.ts";
import { constant } from "./constant.ts";
import type { DataCheck, DataFinding } from "./data-check.ts";
import { duplicates } from "./duplicates.ts";
import type { DataLook } from "./look.ts";
import { missing } from "./missing.ts";
import { order } from "./order.ts";
import { rows } from "./rows.ts";
import { units } from "./units.ts";

export const DATA_CHECKS: readonly DataCheck[] = [rows, classes, missing, units, order, constant, duplicates];

export interface Finding extends DataFinding {
  /** The check that found it. */
  readonly check: string;
}

/** What all checks find. */
export function preflight(look: DataLook): Finding[] {
  return DATA_CHECKS.flatMap(({ name, run }) => run(look).map((finding) => ({ check: name, ...finding })));
}

/** One sentence for people. */
export function findingInWords(path: string, { what, remedy }: DataFinding): string {
  return `${path}: ${what}; ${remedy}`;
}
