/** The numbers that `hearsay privacy test` takes. */
import { wholeIn } from "../../settings/whole.ts";

/** As the command line writes them. */
export const DEFAULTS = { shadows: "64", steps: "5000", minutes: "5", attackSeed: "1" } as const;

/** Fewer say too little of how much models differ by chance. */
const FEWEST_SHADOWS = 16;

/** Of one run. */
export interface Effort {
  /** For each model that is tested. */
  readonly shadows: number;
  /** Of one shadow at most. */
  readonly maxSteps: number;
  /** Of all trainings. */
  readonly maxMs: number;
  readonly seed: number;
}

/** @throws HearsayError ERR_CONFIG */
export function effortOf(given: Readonly<Record<keyof typeof DEFAULTS, string>>): Effort {
  return {
    shadows: wholeIn("--shadows", given.shadows, FEWEST_SHADOWS, 4096),
    maxSteps: wholeIn("--steps", given.steps, 1, 1e6),
    maxMs: 60_000 * wholeIn("--minutes", given.minutes, 1, 10_000),
    seed: wholeIn("--attack-seed", given.attackSeed, 0, 2 ** 32 - 1),
  };
}
