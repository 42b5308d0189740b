/** Which class a model guesses worst, and what may help where it hardly knows it: for `hearsay status`, `me` and `eval`. */
import { counted } from "../../protocol/base/counted.ts";
import type { Metrics } from "../../protocol/base/learning-seams.ts";
import type { OutputSpec } from "../../protocol/base/task.ts";
import { visible } from "../../protocol/base/visible.ts";

/** The class that a model guesses worst, on the rows on which it was measured. */
export interface WorstClass {
  readonly name: string;
  readonly rows: number;
  /** Of these, those that are guessed right. */
  readonly right: number;
  /** Share of right answers among the rows of all classes. */
  readonly accuracy: number;
}

/** Fewer rows of a class say nothing about it. */
const FEWEST_ROWS = 3;
/** A class is hardly known where its share of right answers is less than this part of the accuracy. */
const HARDLY = 0.5;

/** Undefined for a regression, and where the trainer does not tell. */
export function worstClassOf(output: OutputSpec, metrics: Metrics | null): WorstClass | undefined {
  if (output.kind !== "classification" || metrics === null) return undefined;
  const { worstClass: share, worstClassIndex: index, worstClassRows: rows, accuracy } = metrics;
  if (share === undefined || accuracy === undefined) return undefined;
  if (index === undefined || rows === undefined) return undefined;
  const name = output.classes[index];
  return name === undefined ? undefined : { name, rows, right: Math.round(share * rows), accuracy };
}

/** Rows for `facts`: which class it is, and, where the model hardly knows it, what to do. @param about stands before the first name. */
export function worstClassRows(worst: WorstClass | undefined, about = ""): [string, string][] {
  if (worst === undefined) return [];
  const { name, rows, right, accuracy } = worst;
  const told: [string, string] = [
    `${about}worst class is`,
    `${`"${visible(name)}"`}: ${right} of ${counted(rows, "row")} right`,
  ];
  if (rows < FEWEST_ROWS || right / rows >= HARDLY * accuracy) return [told];
  return [told, ...help(name).map((line, i): [string, string] => [i === 0 ? "what may help" : "", line])];
}

function help(name: string): string[] {
  return [
    `more merges, or more rows of it: so far the model hardly knows ${`"${visible(name)}"`}; what few sites have takes long`,
    "a model for this site alone, where its own rows teach more of it: hearsay personalise",
    "or, in a new task, a part of the model that stays at each site: personal: {method: fedper}",
  ];
}
