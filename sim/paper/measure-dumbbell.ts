/** A bottleneck: two cliques and a few links between them, where what one knows has to cross to the other. */
import { lineChart } from "../report/plots.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText, intervalText, pairedDifference, type Scored } from "./intervals.ts";
import { dataName } from "./measure-split.ts";
import { modelKindsOf } from "./model-kinds.ts";
import { algorithmName, captionOf, graphName, ruleName } from "./names.ts";
import type { Section } from "./section.ts";
import { accuracyOf, disagreementOf, lineOf, overSeeds, secondsOf } from "./series.ts";

export function dumbbellSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const unique = (name: (scenario: Scenario) => string) => [...new Set(cells.map(({ scenario }) => name(scenario)))];
  const kinds = modelKindsOf(cells);
  const [data, graphs, rules] = [unique(dataName), unique(graphName), unique(wayOf)];
  const at = (split: string, graph: string, rule: string) =>
    cells.find(
      ({ scenario }) => dataName(scenario) === split && graphName(scenario) === graph && wayOf(scenario) === rule,
    );
  return {
    title: "A bottleneck",
    caption:
      `Two cliques of equal size with one or more links between them, against a complete graph. "Five digits each": one clique has the digits 0 to 4, the other 5 to 9. ` +
      `To the two peers at its ends the other clique is one voice among many, to all others it is hearsay of these two. ` +
      `Accuracy in percent, mean / worst peer; in parentheses: disagreement. ${captionOf(sweep)}.`,
    table: {
      head: ["data", "graph", ...(kinds.length > 1 ? ["scored by"] : []), ...rules],
      rows: data.flatMap((split) =>
        graphs.flatMap((graph) =>
          kinds.map(({ name, scored }) => [
            split,
            graph,
            ...(kinds.length > 1 ? [name] : []),
            ...rules.map((rule) => scoreText(at(split, graph, rule), scored)),
          ]),
        ),
      ),
    },
    notes: data
      .map((split) => {
        const costs = rules.map(
          (rule) => `${rule} ${costText(at(split, "complete", rule), at(split, "1 bridge", rule))}`,
        );
        return `- ${split}: one bridge in place of the complete graph costs, in points of mean / worst peer by the models that each predicts with: ${costs.join(", ")}.`;
      })
      .join("\n"),
    figures: data.flatMap((split) =>
      FIGURES.flatMap(({ title, file, of, axis }) => {
        const series = rules.flatMap((rule) =>
          ENDS.flatMap((graph) => lineOf(`${rule}, ${graph}`, at(split, graph, rule), secondsOf, of)),
        );
        if (series.length === 0) return [];
        const name = `dumbbell-${file}-${split.replaceAll(" ", "-")}`;
        const svg = lineChart({ title: `${title}, ${split}`, x: { label: "virtual seconds" }, y: axis, series });
        return [{ name, about: `${title} over time on a dumbbell and a complete graph, ${split}`, svg }];
      }),
    ),
  };
}

/** `96.7 ± 0.2 / 96.1 ± 0.3 (0.01 ± 0.00)`: accuracy, and disagreement. */
function scoreText(cell: Cell | undefined, scored: Scored): string {
  const text = endText(cell, scored);
  if (/^[–…]/.test(text)) return text;
  const apart = overSeeds(
    cell,
    (series) => series.at(-1)?.disagreement,
    (value) => value.toFixed(2),
  );
  return `${text} (${apart})`;
}

/** `1.2 ± 0.4 / 5.6 ± 2.1`: what the second has less, mean and worst peer. */
function costText(from: Cell | undefined, to: Cell | undefined): string {
  const less = (["mean", "worst"] as const).map((figure) =>
    pairedDifference(from, to, ({ summary }) => summary.final.accuracy[figure]),
  );
  return less.map((interval) => (interval === undefined ? "…" : intervalText(interval))).join(" / ");
}

const FIGURES = [
  { title: "Accuracy", file: "accuracy", of: accuracyOf, axis: { label: "accuracy", percent: true, domain: [0, 1] } },
  { title: "Disagreement", file: "disagreement", of: disagreementOf, axis: { label: "disagreement", zero: true } },
] as const;

/** The rule, or the other algorithm. */
function wayOf(scenario: Scenario): string {
  return scenario.algorithm.kind === "hearsay" ? ruleName(scenario) : algorithmName(scenario);
}

/** The graphs that are drawn. */
const ENDS: readonly string[] = ["complete", "1 bridge"];
