/** Vectors of staleness: weights, the age from which lag is counted, and ages that merge. */
import { lagReference, mergeAges, staleness, stalenessWeightQ16 } from "../../../protocol/aggregate/staleness.ts";

const WEIGHTINGS = [
  { function: "constant", a: 0.5, b: 4, floor: 0.8 },
  { function: "hinge", a: 0.5, b: 4, floor: 0.1 },
  { function: "polynomial", a: 0.5, b: 4, floor: 0.8 },
  { function: "polynomial", a: 0.5, b: 4, floor: 0.01 },
  { function: "polynomial", a: 1.25, b: 4, floor: 0.01 },
] as const;
const TAUS = [0, 0.25, 1, 3, 4, 4.5, 8, 20, 21];

const LAGS = [
  { ownAge: 100, ages: [90, 100, 110], theirAge: 90, cyclesSinceFirstSeen: 0 },
  { ownAge: 500, ages: [90, 100, 110, 120], theirAge: 90, cyclesSinceFirstSeen: 0 },
  { ownAge: 100, ages: [90, 100, 110], theirAge: 110, cyclesSinceFirstSeen: 3 },
  { ownAge: 1000, ages: [1000, 1000], theirAge: 100, cyclesSinceFirstSeen: 0 },
  { ownAge: 1000, ages: [1000, 1000], theirAge: 2 ** 48, cyclesSinceFirstSeen: 0 },
];

const MERGES = [
  { ownAge: 100, ages: [] },
  {
    ownAge: 100,
    ages: [
      [90, 65536],
      [110, 65536],
    ],
  },
  {
    ownAge: 100,
    ages: [
      [110, 65536],
      [120, 65536],
      [2 ** 48, 65536],
    ],
  },
  {
    ownAge: 100,
    ages: [
      [110, 52429],
      [120, 52429],
    ],
  },
  {
    ownAge: 10,
    ages: [
      [500, 65536],
      [600, 65536],
      [700, 65536],
    ],
  },
] as const;

export function stalenessVectors(): object {
  const meanStepsPerCycle = 10;
  const cutoff = 20;
  return {
    weights: WEIGHTINGS.map((weighting) => ({
      ...weighting,
      weights: TAUS.map((tau) => ({ tau, weightQ16: stalenessWeightQ16(tau, weighting) })),
    })),
    lags: LAGS.map(({ ownAge, ages, ...their }) => {
      const referenceAge = lagReference(ownAge, ages);
      const tau = staleness({ ...their, referenceAge, meanStepsPerCycle, cutoff });
      return { ownAge, ages, ...their, steps: meanStepsPerCycle, cutoff, referenceAge, tau };
    }),
    mergedAges: MERGES.map(({ ownAge, ages }) => ({
      ownAge,
      ages,
      merged: mergeAges(
        ownAge,
        ages.map(([age, weightQ16]) => ({ age, weightQ16 })),
      ),
    })),
  };
}
