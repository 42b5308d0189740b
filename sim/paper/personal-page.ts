/** The page of personal models: its sweeps, and the section of each. */
import { lateSection } from "./measure-late.ts";
import { personalSection } from "./measure-personal.ts";
import type { SweepCells } from "./names.ts";
import type { Section } from "./section.ts";

/** The sweeps of the page, `measure-<name>.yaml`, each between marks of its name, and what their sections are called. */
export const PERSONAL_SWEEPS = {
  "personal-motes": "Four motes: temperature by humidity",
  "personal-motes-few": "Four motes with twenty rows each",
  "personal-stations": "Twenty stations: rides of a day",
  "personal-digits": "Twenty sites: handwritten digits",
  "personal-signs": "Twenty vehicles: traffic signs",
  "personal-late-motes": "A mote that comes late",
  "personal-late-stations": "Four stations that come late",
} as const;

const LATE: readonly string[] = [PERSONAL_SWEEPS["personal-late-motes"], PERSONAL_SWEEPS["personal-late-stations"]];

export function personalPage(sweep: SweepCells, title: string): Section {
  return (LATE.includes(title) ? lateSection : personalSection)(sweep, title);
}
