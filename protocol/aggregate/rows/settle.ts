/** Carries out rules that are given as a `Settlement`, with or without pre-aggregators before them. */

import type { RuleInput, RuleOutput } from "../../base/learning-seams.ts";
import { explain } from "../explain.ts";
import { type Crowd, crowdOf, keepOnly, knownLengths, rowsOf } from "./crowd.ts";
import { checkInput } from "./input.ts";
import { massOf } from "./mass.ts";
import { type Mixtures, oneMixture, tableOf } from "./mixture.ts";
import type { Pass, Passes } from "./passes.ts";
import type { Given, Outcome, PreAggregator, Rule, SettledRule, Settlement } from "./rule.ts";
import { standardPasses } from "./standard-passes.ts";

/** A rule made of a settlement alone. */
export function settled(settlement: Settlement): SettledRule {
  return {
    ...settlement,
    quorum: () => settlement.minCandidates,
    aggregate: (input, parameters, passes) => run([], settlement, input, parameters, passes),
  };
}

/** A rule that looks at what the pre-aggregators leave, in their order. */
export function composed(name: string, before: readonly PreAggregator[], settlement: Settlement): Rule {
  return {
    name,
    quorum: (parameters) =>
      before.reduceRight((needed, stage) => stage.minCandidates(needed, parameters), settlement.minCandidates),
    parameters: Object.assign({}, ...before.map(({ parameters }) => parameters), settlement.parameters),
    aggregate: (input, parameters, passes) => run(before, settlement, input, parameters, passes),
  };
}

function run(
  before: readonly PreAggregator[],
  { name, minCandidates, settle }: Settlement,
  input: RuleInput,
  parameters: Given,
  given?: Passes,
): RuleOutput {
  checkInput(input);
  const passes = given ?? standardPasses(input);
  const everybody = crowdOf(input, passes);
  const left = before.reduce((rows, stage) => stage.apply(rows, parameters), everybody);
  const tooFew = rowsOf(left) - 1 < Math.min(minCandidates, input.candidates.length);
  const crowd = tooFew ? ownAlone(everybody, left, name) : left;
  if (crowd.members.length === 0)
    return finish(everybody, crowd, { reduction: { kind: "only" }, mixed: oneMixture([]) });
  const outcome = settle(crowd, parameters);
  return finish(everybody, ...carryOut(crowd, outcome, name));
}

/** Pre-aggregators have left the rule fewer rows than it needs: the own model stays. */
function ownAlone(everybody: Crowd, left: Crowd, name: string): Crowd {
  return { ...keepOnly(everybody, () => false, name), removedBy: left.removedBy.map((by) => by ?? name) };
}

/** What is left to do, with what became of the candidates. */
function carryOut(crowd: Crowd, outcome: Outcome, name: string): [Crowd, Pass] {
  const { mixed } = crowd;
  if (outcome.kind === "coordinates")
    return [crowd, { reduction: outcome.reduction, ...(mixed !== undefined && { mixed }) }];
  const { coefficients, shrink } = outcome;
  const factors = candidateCoefficients(coefficients, mixed);
  const rowOf = new Map(crowd.members.map((candidate, j) => [candidate, j]));
  const shortened = (j: number) => shrink !== undefined && mixed === undefined && (shrink[j + 1] as number) < 1;
  const toNothing = (j: number) => shortened(j) || mixed?.coefficients[j + 1] === 0;
  const isGone = (candidate: number) => {
    const j = rowOf.get(candidate);
    return j !== undefined && factors[j] === 0 && !toNothing(j);
  };
  const statuses = crowd.statuses.map((status, candidate) => {
    const j = rowOf.get(candidate);
    if (isGone(candidate)) return "removed";
    return j !== undefined && shortened(j) ? "clipped" : status;
  });
  const removedBy = crowd.removedBy.map((by, candidate) => (isGone(candidate) ? name : by));
  return [
    { ...crowd, statuses, removedBy },
    { reduction: { kind: "only" }, mixed: oneMixture(factors) },
  ];
}

/** Coefficients of rows as coefficients of v_1 - own .. v_m - own. */
function candidateCoefficients(coefficients: Float64Array, mixed: Mixtures | undefined): Float64Array {
  if (mixed === undefined) return coefficients.subarray(1);
  const m = mixed.coefficients.length - 1;
  const table = tableOf(mixed);
  return Float64Array.from({ length: m }, (_, j) =>
    coefficients.reduce((sum, coefficient, i) => sum + coefficient * (table[i * m + j] as number), 0),
  );
}

function finish(everybody: Crowd, crowd: Crowd, pass: Pass): RuleOutput {
  const { input, statuses, passes, vectors } = crowd;
  return {
    params: passes.reduce(vectors, pass),
    statuses,
    mass: massOf(input, statuses),
    ...(input.explain && { explanation: explain({ ...crowd, pass, lengths: knownLengths(everybody) }) }),
  };
}
