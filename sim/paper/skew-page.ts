/** The page of training on skewed data: its sweeps, and the section of each. */
import { initSection } from "./measure-init.ts";
import { skewedTrainingSection } from "./measure-skewed-training.ts";
import type { SweepCells } from "./names.ts";
import type { Section } from "./section.ts";

/** The sweeps of the page, `measure-<name>.yaml`, each between marks of its name, and what their sections are called. */
export const SKEW_SWEEPS = {
  init: "What `hearsay init` writes, as it is",
  skew: "Options of training and merging",
  "skew-attacks": "Under attack",
  "skew-mnist": "Images of MNIST",
  "skew-optimisers": "Optimisers, rates and schedules",
  "skew-clipping": "Clipped gradients",
  "skew-clipping-mnist": "Clipped gradients: images of MNIST",
  "skew-clipping-signs": "Clipped gradients: images of traffic signs",
  "skew-mean": "The rule and the undefended mean",
  "skew-mean-mnist": "The rule and the undefended mean: images of MNIST",
  "skew-mean-signs": "The rule and the undefended mean: images of traffic signs",
  "skew-options": "All options and none",
} as const;

export function skewPage(sweep: SweepCells, title: string): Section {
  return (title === SKEW_SWEEPS.init ? initSection : skewedTrainingSection)(sweep, title);
}
