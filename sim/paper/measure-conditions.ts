/** Algorithms under a good and a bad condition: slow devices, lost messages. */
import { isNumber, mean } from "../../protocol/base/figures.ts";
import { lineChart } from "../report/plots.ts";
import type { PeerRow } from "../run/report.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell, Outcome, SweepCells } from "./cells.ts";
import { endText } from "./intervals.ts";
import { modelKindsOf } from "./model-kinds.ts";
import { algorithmName, captionOf, partitionName } from "./names.ts";
import type { Section } from "./section.ts";
import { accuracyOf, lineOf, overSeeds, percentText, reachedAt, secondsOf } from "./series.ts";

interface Condition {
  readonly title: string;
  /** Of the figure's file. */
  readonly file: string;
  readonly caption: string;
  readonly good: string;
  readonly bad: string;
  isBad(scenario: Scenario): boolean;
  /** Share of the peers that the bad condition hits most, which are those that train least; left out: all alike. */
  hit?(scenario: Scenario): number;
}

const STRAGGLERS: Condition = {
  title: "Slow devices",
  file: "stragglers",
  caption: "Three in ten devices are twenty times slower; the others: the seven in ten that train most.",
  good: "all alike",
  bad: "with slow ones",
  isBad: ({ devices }) => devices.stragglers.share > 0,
  hit: ({ devices }) => devices.stragglers.share,
};

const LOSS: Condition = {
  title: "Lost messages",
  file: "loss",
  caption: "Three in ten messages are lost for good.",
  good: "no loss",
  bad: "30 % lost",
  isBad: ({ network }) => network.loss.messages > 0,
};

export function stragglerSection(sweep: SweepCells): Section {
  return conditionSection(sweep, STRAGGLERS);
}

export function lossSection(sweep: SweepCells): Section {
  return conditionSection(sweep, LOSS);
}

function conditionSection(sweep: SweepCells, { title, file, caption, good, bad, isBad, hit }: Condition): Section {
  const { cells } = sweep;
  const names = [...new Set(cells.map(({ scenario }) => algorithmName(scenario)))];
  const at = (name: string, wanted: boolean) =>
    cells.find(({ scenario }) => algorithmName(scenario) === name && isBad(scenario) === wanted);
  const [first] = cells;
  const kinds = modelKindsOf(cells);
  const all = hit === undefined ? "Seconds" : "Seconds and the accuracy of the others";
  const predicted =
    kinds.length < 2
      ? ""
      : ` ${all} are by the models that each predicts with (hearsay: running means, others: the newest).`;
  const target = first?.scenario.metrics.target ?? 0;
  const lines = names.flatMap((name, i) => lineOf(name, at(name, true), secondsOf, accuracyOf, i));
  return {
    title,
    caption:
      `${caption} ${first === undefined ? "" : partitionName(first.scenario.partition)}; accuracy in percent at the end, mean / worst peer; virtual seconds until the mean accuracy is ` +
      `${100 * target} %, and local trainings of a peer in the whole run, mean ± 95 % interval.${predicted} ${captionOf(sweep)}.`,
    table: {
      head: [
        "algorithm",
        ...[...kinds.map(({ name }) => name || "accuracy"), "seconds", "trainings"].flatMap((what) => [
          `${what}, ${good}`,
          bad,
        ]),
        ...(hit === undefined ? [] : ["accuracy of the others", "trainings of the others"]),
      ],
      rows: names.map((name) => {
        const both = [at(name, false), at(name, true)];
        return [
          name,
          ...kinds.flatMap(({ scored }) => both.map((cell) => endText(cell, scored))),
          ...both.map((cell) => overSeeds(cell, (series) => reachedAt(series, target, secondsOf))),
          ...both.map((cell) => overSeeds(cell, (series) => series.at(-1)?.cycles)),
          ...(hit === undefined ? [] : othersText(both[1], hit)),
        ];
      }),
    },
    figures:
      lines.length === 0
        ? []
        : [
            {
              name: file,
              about: `Accuracy over time, ${bad}`,
              svg: lineChart({
                title: `${title}: accuracy ${bad}`,
                x: { label: "virtual seconds" },
                y: { label: "accuracy", percent: true, domain: [0, 1] },
                series: lines,
              }),
            },
          ],
  };
}

/** Mean accuracy and trainings of the peers that are not hit. */
function othersText(cell: Cell | undefined, hit: (scenario: Scenario) => number): string[] {
  const share = cell === undefined ? 0 : 1 - hit(cell.scenario);
  const over =
    (figure: (peer: PeerRow) => number | undefined) =>
    (_: unknown, { peers }: Outcome) =>
      meanOrNone(busiest(peers, share).map(figure).filter(isNumber));
  return [
    overSeeds(
      cell,
      over(({ accuracy }) => accuracy),
      percentText,
    ),
    overSeeds(
      cell,
      over(({ cycles }) => cycles),
    ),
  ];
}

/** The share of the peers that trains most. */
export function busiest(peers: readonly PeerRow[], share: number): PeerRow[] {
  const sorted = peers.filter(({ honest }) => honest).sort((a, b) => b.cycles - a.cycles || a.index - b.index);
  return sorted.slice(0, Math.round(share * sorted.length));
}

function meanOrNone(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : mean(values);
}
