/** The tables of sim/results/measurements.md, on skewed data, partitions and scale: everything in them comes from runs. */
import { accusationSection } from "./measure-accusations.ts";
import { baselineSections } from "./measure-baselines.ts";
import { lossSection, stragglerSection } from "./measure-conditions.ts";
import { dumbbellSection } from "./measure-dumbbell.ts";
import { outageSection } from "./measure-outage.ts";
import { scaleSection } from "./measure-scale.ts";
import { skewSection } from "./measure-skew.ts";
import { splitSection } from "./measure-split.ts";
import { hasRuns, type SweepCells } from "./names.ts";
import { figureFiles, type Section, sectionText } from "./section.ts";

export type Measurement =
  | "alpha"
  | "split"
  | "outage"
  | "stragglers"
  | "loss"
  | "baselines"
  | "scale"
  | "dumbbell"
  | "accusations";

const SECTIONS: Readonly<Record<Measurement, (sweep: SweepCells) => Section[]>> = {
  alpha: (sweep) => [skewSection(sweep)],
  split: (sweep) => [splitSection(sweep)],
  outage: (sweep) => [outageSection(sweep)],
  stragglers: (sweep) => [stragglerSection(sweep)],
  loss: (sweep) => [lossSection(sweep)],
  baselines: baselineSections,
  scale: (sweep) => [scaleSection(sweep)],
  dumbbell: (sweep) => [dumbbellSection(sweep)],
  accusations: (sweep) => [accusationSection(sweep)],
};

/** In the order of the chapter; each is a sweep `measure-NAME.yaml`. */
export const MEASUREMENTS: readonly Measurement[] = Object.keys(SECTIONS) as Measurement[];

export interface MeasureReport {
  /** Of each measurement, for its own marks in the page. Those without a run are left out, so that what the page has of them stays. */
  readonly texts: ReadonlyMap<Measurement, string>;
  /** File name -> SVG. */
  readonly figures: ReadonlyMap<string, string>;
}

/** @param folder of the figures, relative to the document */
export function measureReport(sweeps: Readonly<Record<Measurement, SweepCells>>, folder: string): MeasureReport {
  const begun = MEASUREMENTS.filter((name) => hasRuns(sweeps[name]));
  const sections = new Map(begun.map((name) => [name, SECTIONS[name](sweeps[name])]));
  const textOf = (parts: readonly Section[]) => parts.map((part) => sectionText(part, folder)).join("\n\n");
  return {
    texts: new Map([...sections].map(([name, parts]) => [name, textOf(parts)])),
    figures: figureFiles([...sections.values()].flat()),
  };
}
