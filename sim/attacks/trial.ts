/** Liars that know the rule try a lie on it before they tell it: the merge that a receiver can expect, with and without the lie. */
import { distance } from "../../protocol/aggregate/rows/distances.ts";
import { stalenessWeightQ16 } from "../../protocol/aggregate/staleness.ts";
import { sharedTask } from "../../protocol/base/shared-tensors.ts";
import { numParams } from "../../protocol/base/task.ts";
import { UNIT_WEIGHT } from "../../protocol/base/weight.ts";
import type { Coalition, HonestModel } from "./attack.ts";
import { deliverable } from "./deliverable.ts";
import type { ExpectedMerge } from "./expected-merge.ts";
import type { Moments } from "./moments.ts";
import { addProduct, difference, lengthOf, type Vector } from "./vectors.ts";

export interface TrialOptions {
  readonly moments: Moments;
  /** Deviation of each liar's own noise, in units of the honest spread. */
  readonly noise: number;
  readonly noiseOf: (lie: number) => Float32Array;
}

/** Where a lie moves the receiver's merge: with as many of it as can be expected, less the merge without. */
export type Trial = (lie: Float32Array) => Float64Array;

/** Makes the honest merge once. */
export function createTrial(
  { aggregate, task }: Coalition,
  { params: own, base }: HonestModel,
  { honest, lies }: ExpectedMerge,
  { moments, noise, noiseOf }: TrialOptions,
): Trial {
  // An honest model is about a cycle old; liars say that theirs are fresh.
  const weightQ16 = stalenessWeightQ16(1, task.staleness);
  const candidates = honest.map(({ params }) => ({ params, weightQ16 }));
  const expected: Vector = aggregate({ own, base, candidates });
  const norm = lengthOf(own);
  return (lie) => {
    const short = deliverable(lie, norm);
    const told = Array.from({ length: lies }, (_, i) => ({
      params: noise === 0 ? short : addProduct(short, noise, moments.spread, noiseOf(i)),
      weightQ16: UNIT_WEIGHT,
    }));
    return difference(aggregate({ own, base, candidates: [...candidates, ...told] }), expected);
  };
}

/**
 * Standard normal draws for the lies of a trial, the same in every trial: only the lies differ, and drawing takes
 * longest.
 */
export function createTrialNoise({ rng, task }: Coalition): (lie: number) => Float32Array {
  const draws = new Map<number, Float32Array>();
  return (lie) => {
    const known = draws.get(lie);
    if (known !== undefined) return known;
    const stream = rng.fork(`trial/${lie}`);
    const drawn = Float32Array.from({ length: numParams(sharedTask(task)) }, () => stream.normal());
    draws.set(lie, drawn);
    return drawn;
  };
}

/** The upper median of the distances between a receiver and the honest models that it may merge. */
export function honestDistance({ params }: HonestModel, { honest }: ExpectedMerge): number {
  const distances = honest.map((other) => distance(other.params, params)).sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] as number;
}
