/** What measures a peer in every report: the accuracy of a classifier, the R² of a regression. Both stand in the field `accuracy`. */
import type { Report } from "./report.ts";

export type Score = "accuracy" | "r2";

/** For people. */
export const SCORE_NAMES: Readonly<Record<Score, string>> = { accuracy: "accuracy", r2: "R²" };

/** As the scenario's task says; those of shipped sets, which a scenario need not name, are classifications. An accuracy is never negative. */
export function scoreOf({ scenario, series }: Pick<Report, "scenario" | "series">): Score {
  const { output } = scenario.task as { readonly output?: { readonly kind?: unknown } };
  if (typeof output?.kind === "string") return output.kind === "regression" ? "r2" : "accuracy";
  return series.some(({ accuracy }) => accuracy.mean < 0 || accuracy.worst < 0) ? "r2" : "accuracy";
}
