/** The page of training on skewed data: its sweeps, and the section of each. */
import { initSection } from "./measure-init.ts";
import { skewedTrainingSection } from "./measure-skewed-training.ts";
import type { SweepCells } from "./names.ts";
import type { Section } from "./section.ts";

/** The sweeps of the page, `measure-<name>.yaml`, each between marks of its name, and what their sections are called. */
export const SKEW_SWEEPS = {
  init: "What `hearsay init` writes, as it is",
  skew: "Without each option, with other optimisers, and other algorithms",
  "skew-attacks": "Without each option, under attack",
  "skew-values": "Other values of the options",
  "skew-mnist": "Images of MNIST",
  "skew-signs": "Images of traffic signs",
} as const;

export function skewPage(sweep: SweepCells, title: string): Section {
  return (title === SKEW_SWEEPS.init ? initSection : skewedTrainingSection)(sweep, title);
}
