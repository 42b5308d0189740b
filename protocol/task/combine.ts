/**
 * What a merge makes of the models at hand: a pure function of the task, the own model and the weighed candidates, so that whoever has
 * those can repeat it to the bit (audit/).
 *
 *     y <- rule(own, base, candidates);   own <- own + blend (y - own);   age <- max(own, lower weighted median of all ages), see `combinedAge`
 *
 * Where the task has gateways, and candidates speak for other places, rule(..) is that of across-places.ts.
 *
 * `catch-up`: a peer that has merged nothing since it started, and is more than the staleness cut-off behind the lower median of its
 * candidates, takes the coordinate median of (at least three of) them and that age, instead of pulling its own old model along.
 */

import { lowerMedian, mergeAges } from "../aggregate/staleness.ts";
import type { Aggregator, CandidateExplanation, CandidateStatus, RuleCandidate } from "../base/learning-seams.ts";
import { type Task, termsOf } from "../base/task.ts";
import { acrossPlaces, type Placed } from "./across-places.ts";

/** A model of another peer; of its weight and age, what the log says. */
export interface WeighedCandidate extends RuleCandidate, Placed {
  readonly age: number;
}

export interface CombineInput {
  /** After local training. */
  readonly own: Float32Array;
  /** SGD steps in the lineage of `own`. */
  readonly age: number;
  /** Before that training. */
  readonly base: Float32Array;
  /** Sorted by peer id: the order in which sums run and ties break. */
  readonly candidates: readonly WeighedCandidate[];
  /** See `mayCatchUp`. */
  readonly catchUp: boolean;
  /** See `RuleInput.lot`. */
  readonly lot?: Uint8Array;
  readonly explain?: boolean;
}

export interface Combined {
  /** Of the rule, as the log has it. */
  readonly name: string;
  readonly params: Float32Array;
  readonly age: number;
  /** One for each candidate. */
  readonly statuses: readonly CandidateStatus[];
  readonly explanation?: readonly CandidateExplanation[];
}

/** In place of a rule's name in the log. */
export const CATCH_UP = "catch-up";

/** Fewest models from which a late joiner starts. */
export const CATCH_UP_CANDIDATES = 3;

/** So many times the staleness cut-off an own age may lie above the others': only a lie that was merged once takes it further, and it is taken back. */
const LONGEST_LEAD = 64;

/** Whether a peer that has merged nothing since it started takes the others' model in place of its own. */
export function mayCatchUp(task: Task, ownAge: number, ages: readonly number[]): boolean {
  // whom to take is decided by the loss on the training data, which a privacy budget does not cover
  if (ages.length < CATCH_UP_CANDIDATES || termsOf(task) !== undefined) return false;
  return lowerMedian(ages) - ownAge > task.staleness.cutoff * task.training.steps;
}

type Ages = Pick<CombineInput, "age" | "catchUp"> & {
  readonly candidates: readonly Omit<WeighedCandidate, "params">[];
};

/**
 * Age of what comes of a merge: it follows from the log alone. max(own, lower weighted median of all); of at least three candidates the lower median
 * where the own age is more than 64 cut-offs above that: else an age to which liars once lifted it would stay for ever.
 */
export function combinedAge(task: Task, { age, candidates, catchUp }: Ages): number {
  const median = candidates.length === 0 ? age : lowerMedian(candidates.map((candidate) => candidate.age));
  const lead = LONGEST_LEAD * task.staleness.cutoff * task.training.steps;
  if (catchUp || (candidates.length >= CATCH_UP_CANDIDATES && age - median > lead)) return median;
  return mergeAges(age, candidates);
}

/** Ages that a log may state: also that of logs from before 2026-11-29, in which an own age never fell. */
export function permittedAges(task: Task, input: Ages): readonly number[] {
  return [combinedAge(task, input), ...(input.catchUp ? [] : [mergeAges(input.age, input.candidates)])];
}

export async function combine(task: Task, aggregator: Aggregator, input: CombineInput): Promise<Combined> {
  const { own, base, candidates, age, lot, explain = false } = input;
  const { rule, parameters, blend } = task.aggregation;
  const newAge = combinedAge(task, input);
  const [first, ...rest] = candidates;
  if (input.catchUp && first !== undefined) {
    const median = { own: first.params, candidates: rest, explain };
    const { params, explanation } = await aggregator.aggregate("median", {}, median);
    const statuses = candidates.map(() => "used" as const);
    const told = explanation && explainCatchUp(explanation);
    return { name: CATCH_UP, params, age: newAge, statuses, ...(told && { explanation: told }) };
  }
  const given = { own, base, candidates, age, explain, ...(lot && { lot }) };
  const y = candidates.some(({ isOutside }) => isOutside)
    ? await acrossPlaces(aggregator, { name: rule, parameters }, given)
    : await aggregator.aggregate(rule, parameters, given);
  const blended = y.explanation?.map((one) => ({ ...one, influence: one.influence * blend }));
  return {
    name: rule,
    params: blendInto(own, y.params, blend),
    age: newAge,
    statuses: y.statuses,
    ...(blended && { explanation: blended }),
  };
}

/** own + blend (y - own) in float32; y itself where blend is 1, to the bit. */
function blendInto(own: Float32Array, y: Float32Array, blend: number): Float32Array {
  if (blend === 1) return y;
  return own.map((value, i) => value + blend * ((y[i] as number) - value));
}

/** The first candidate stood in for the own model, which has no part in the result: distances are from that one. */
function explainCatchUp(rest: readonly CandidateExplanation[]): CandidateExplanation[] {
  const others = rest.reduce((sum, { influence }) => sum + influence, 0);
  return [{ distance: 0, influence: Math.max(0, 1 - others) }, ...rest];
}
