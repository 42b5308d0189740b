/**
 * The pages of sim/results that are made of sweeps (README.md). A page has a pair of marks for each of its sweeps, and between them the sections that are
 * made of the runs of this sweep. What stands outside the marks is written by hand. The page of attacks is attack-report.ts.
 */
import { hasRuns, type SweepCells } from "./cells.ts";
import { accusationSection } from "./measure-accusations.ts";
import { baselineSections } from "./measure-baselines.ts";
import { budgetSection } from "./measure-budget.ts";
import { codecSection } from "./measure-codecs.ts";
import { cohortSection } from "./measure-cohorts.ts";
import { lossSection, stragglerSection } from "./measure-conditions.ts";
import { dumbbellSection } from "./measure-dumbbell.ts";
import { gatewaySection } from "./measure-gateways.ts";
import { inboxSection } from "./measure-inbox.ts";
import { initSection } from "./measure-init.ts";
import { lateSection } from "./measure-late.ts";
import { outageSection } from "./measure-outage.ts";
import { personalSection } from "./measure-personal.ts";
import { privacySection } from "./measure-privacy.ts";
import { scaleSection } from "./measure-scale.ts";
import { policySections, rareSections } from "./measure-selectors.ts";
import { skewSection } from "./measure-skew.ts";
import { skewedTrainingSection } from "./measure-skewed-training.ts";
import { slowDevicesSection } from "./measure-slow-devices.ts";
import { splitSection } from "./measure-split.ts";
import { figureFiles, type Section, sectionText } from "./section.ts";

type SectionOf = (sweep: SweepCells, title: string) => Section | readonly Section[];

/** What makes the sections of each sweep, by the name of the sweep: `sim/scenarios/measure-<name>.yaml`. */
export type Page = ReadonlyMap<string, (sweep: SweepCells) => readonly Section[]>;

/** By the name of the page: `sim/results/<name>.md`. */
export const PAGES: ReadonlyMap<string, Page> = new Map([
  [
    "budget",
    pageOf(
      ["budget", budgetSection, "A day under a budget of bytes"],
      ["inbox", inboxSection, "Models of a merge, and the quorum"],
    ),
  ],
  ["codecs", pageOf(["codecs", codecSection])],
  ["cohorts", pageOf(["cohorts", cohortSection])],
  ["gateways", pageOf(["gateways", gatewaySection])],
  [
    "measurements",
    pageOf(
      ["alpha", skewSection],
      ["split", splitSection],
      ["outage", outageSection],
      ["stragglers", stragglerSection],
      ["loss", lossSection],
      ["baselines", baselineSections],
      ["scale", scaleSection],
      ["dumbbell", dumbbellSection],
      ["accusations", accusationSection],
    ),
  ],
  [
    "personal",
    pageOf(
      ["personal-motes", personalSection, "Four motes: temperature by humidity"],
      ["personal-motes-few", personalSection, "Four motes with twenty rows each"],
      ["personal-stations", personalSection, "Twenty stations: rides of a day"],
      ["personal-digits", personalSection, "Twenty sites: handwritten digits"],
      ["personal-signs", personalSection, "Twenty vehicles: traffic signs"],
      ["personal-late-motes", lateSection, "A mote that comes late"],
      ["personal-late-stations", lateSection, "Four stations that come late"],
    ),
  ],
  ["privacy", pageOf(["privacy", privacySection])],
  [
    "selectors",
    pageOf(
      ["selectors", policySections, "Policies"],
      ["affinity", policySections, "Measured on own rows"],
      ["rare", rareSections, "Rare data"],
    ),
  ],
  [
    "skew",
    pageOf(
      ["init", initSection, "What `hearsay init` writes, as it is"],
      ["skew", skewedTrainingSection, "Without each option, with other optimisers, and other algorithms"],
      ["skew-attacks", skewedTrainingSection, "Without each option, under attack"],
      ["skew-values", skewedTrainingSection, "Other values of the options"],
      ["skew-mnist", skewedTrainingSection, "Images of MNIST"],
      ["skew-signs", skewedTrainingSection, "Images of traffic signs"],
    ),
  ],
  ["slow-devices", pageOf(["slow-devices", slowDevicesSection])],
]);

/** @param rows a sweep, what makes its sections, and where several sweeps are told in the same way, what its sections are called. */
function pageOf(...rows: readonly (readonly [sweep: string, of: SectionOf, title?: string])[]): Page {
  return new Map(rows.map(([name, of, title = ""]) => [name, (sweep) => [of(sweep, title)].flat()]));
}

/** What is written into a page, and beside it. */
export interface Drawn {
  /** Markdown by the name of its marks. */
  readonly texts: ReadonlyMap<string, string>;
  /** File name -> SVG. */
  readonly figures: ReadonlyMap<string, string>;
}

/**
 * The sweeps without a run are left out, so that what the page has of them stays.
 * @param sweeps by name. @param folder of the figures, relative to the page.
 */
export function drawPage(page: Page, sweeps: Readonly<Record<string, SweepCells>>, folder: string): Drawn {
  const sections = [...page].flatMap(([name, of]) => {
    const sweep = sweeps[name];
    return sweep !== undefined && hasRuns(sweep) ? [[name, of(sweep)] as const] : [];
  });
  const textOf = (parts: readonly Section[]) => parts.map((part) => sectionText(part, folder)).join("\n\n");
  return {
    texts: new Map(sections.map(([name, parts]) => [name, textOf(parts)])),
    figures: figureFiles(sections.flatMap(([, parts]) => parts)),
  };
}
