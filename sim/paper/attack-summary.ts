/** The attack matrix in a few lines: for each partition and share of liars the mean, the worst cell, and the worst peer. */
import { mean } from "../../protocol/base/figures.ts";
import type { AttackCell } from "./attack-targets.ts";
import type { Score } from "./cells.ts";
import { type MarkdownTable, plainText } from "./markdown.ts";
import { partitionName, scoreText, whole } from "./names.ts";

type Scored = AttackCell & { readonly score: Score };

/** One line for each partition and f, over all k and attacks; cells with missing runs are left out and counted. */
export function attackSummary(cells: readonly AttackCell[]): MarkdownTable {
  const partitions = [...new Set(cells.map(({ partition }) => partition))];
  const shares = [...new Set(cells.map(({ share }) => share))].filter((share) => share > 0).sort((a, b) => a - b);
  const rows = partitions.flatMap((partition) => {
    const here = cells.filter((cell) => cell.partition === partition);
    const none = here.filter(({ share }) => share === 0).filter(isScored);
    const reference = [...new Set(none.map(({ score }) => scoreText(score)))].join(", ");
    return shares.map((share) =>
      lineOf(
        partition,
        share,
        here.filter((cell) => cell.share === share),
        reference,
      ),
    );
  });
  return {
    head: [
      "partition",
      "f",
      "without attack, each k",
      "mean over attacks",
      "worst cell",
      "worst cell, not adaptive",
      "worst single peer",
      "cells that miss a target",
    ],
    rows,
  };
}

function lineOf(partition: string, share: number, cells: readonly AttackCell[], reference: string): string[] {
  const scored = cells.filter(isScored);
  const name = [partitionName(partition), String(share), reference || "…"];
  if (scored.length === 0) return [...name, ...new Array<string>(5).fill(cells.length === 0 ? "–" : "…")];
  const fixed = scored.filter(({ cell }) => cell.scenario.attack?.kind !== "adaptive");
  const missed = scored.filter(({ misses = [] }) => misses.length > 0).length;
  const open = cells.filter(({ misses }) => misses === undefined).length;
  return [
    ...name,
    `${whole(mean(scored.map(({ score }) => score.mean)))}${scored.length === cells.length ? "" : ` (${scored.length} of ${cells.length} cells)`}`,
    lowest(scored, ({ mean }) => mean),
    lowest(fixed, ({ mean }) => mean),
    lowest(scored, ({ worst }) => worst),
    `${missed} of ${cells.length - open}${open === 0 ? "" : `, … ${open}`}`,
  ];
}

/** `84: mimic, k 8`. */
function lowest(cells: readonly Scored[], figure: (score: Score) => number): string {
  const [first, ...rest] = cells;
  if (first === undefined) return "–";
  const least = rest.reduce((low, cell) => (figure(cell.score) < figure(low.score) ? cell : low), first);
  return `${whole(figure(least.score))}: ${plainText(least.name)}, k ${least.inbox}`;
}

function isScored(cell: AttackCell): cell is Scored {
  return cell.score !== undefined;
}
