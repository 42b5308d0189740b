/** By which models algorithms are scored: Hearsay predicts with running means, others with their newest models, and only the same kind can be compared. */
import type { Cell } from "./cells.ts";
import { atTheEnd, type Scored } from "./intervals.ts";

export interface ModelKind {
  /** Empty where an algorithm is scored by what it predicts with. */
  readonly name: string;
  readonly scored: Scored;
}

/** MODELS.md, "Algorithms", says what they are. */
export const BOTH_KINDS: readonly ModelKind[] = [
  { name: "newest models", scored: ({ summary }) => summary.models?.raw },
  { name: "running means", scored: ({ summary }) => summary.models?.averaged },
];

/** Both, where all cells are scored by both (`metrics.bothModels`). */
export function modelKindsOf(cells: readonly Cell[]): readonly ModelKind[] {
  const both = cells.length > 0 && cells.every(({ scenario }) => scenario.metrics.bothModels);
  return both ? BOTH_KINDS : [{ name: "", scored: atTheEnd }];
}
