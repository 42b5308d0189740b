/** The tables of sim/results/measurements.md, on skewed data, partitions and scale: everything in them comes from runs. */
import { accusationSection } from "./measure-accusations.ts";
import { baselineSections } from "./measure-baselines.ts";
import { lossSection, stragglerSection } from "./measure-conditions.ts";
import { dumbbellSection } from "./measure-dumbbell.ts";
import { scaleSection } from "./measure-scale.ts";
import { skewSection } from "./measure-skew.ts";
import { splitSection } from "./measure-split.ts";
import type { SweepCells } from "./names.ts";
import { figureFiles, type Section, sectionText } from "./section.ts";

export type Measurement =
  | "alpha"
  | "split"
  | "stragglers"
  | "loss"
  | "baselines"
  | "scale"
  | "dumbbell"
  | "accusations";

const SECTIONS: Readonly<Record<Measurement, (sweep: SweepCells) => Section[]>> = {
  alpha: (sweep) => [skewSection(sweep)],
  split: (sweep) => [splitSection(sweep)],
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
  readonly text: string;
  /** File name -> SVG. */
  readonly figures: ReadonlyMap<string, string>;
}

/** @param folder of the figures, relative to the document */
export function measureReport(sweeps: Readonly<Record<Measurement, SweepCells>>, folder: string): MeasureReport {
  const sections = MEASUREMENTS.flatMap((name) => SECTIONS[name](sweeps[name]));
  return { text: sections.map((section) => sectionText(section, folder)).join("\n\n"), figures: figureFiles(sections) };
}
