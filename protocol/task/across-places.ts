/**
 * A merge of a peer whose place speaks through a gateway (gateway/): first the models of its own place by the rule of the task, then what other places say.
 *
 *     y <- rule(own, base, models of this place)
 *     m <- arc+mean around y, f = 0.34, over the releases of other places, each once: the farthest half of them shortened to the length of the next, then the mean
 *     result <- y + (m - y), shortened to max(|own - base|, |y - own|); to a quarter of that, where a single release is at hand
 *
 * A rule for all of them at once would leave other places out: to a member their releases are the few models that are farthest from its own, which is what liars look
 * like too. Here each place has one vote, the own one among them, and how far one may pull follows from how far the others are away: of two other places a liar pulls no
 * further than the honest one, which comes nearer with each merge. None gains by its size. A merge goes no further towards other places than a training, or the merge of the
 * own place, took the model: so much at most is lost to places that lie in league. One release alone is held against no other, so it pulls a quarter as far: two honest
 * places come together all the same, and a place goes on learning beside one that lies. A coordinate median does worse: a liar that says the opposite makes it take the smaller of
 * two honest values everywhere.
 */
import type { Aggregator, CandidateExplanation, RuleInput, RuleOutput } from "../base/learning-seams.ts";
import { UNIT_WEIGHT } from "../base/weight.ts";

/** What a merge knows of a candidate beside its model. */
export interface Placed {
  /** Whether it speaks for another place. */
  readonly isOutside?: boolean;
}

/** How far a single release may pull, of how far several may. */
const PULL_OF_ONE = 0.25;

export interface PlacesInput extends Omit<RuleInput, "candidates"> {
  /** Of this place at least as many as the rule needs, of others at least one; sorted by peer id. */
  readonly candidates: readonly (RuleInput["candidates"][number] & Placed)[];
}

const VOTE = { rule: "arc+mean", parameters: { f: 0.34 } } as const;

/** @param rule what the task asks for. Statuses and explanation are in the order of the candidates. */
export async function acrossPlaces(
  aggregator: Pick<Aggregator, "aggregate">,
  rule: { readonly name: string; readonly parameters: Readonly<Record<string, number>> },
  input: PlacesInput,
): Promise<RuleOutput> {
  const { candidates, own, base = own, explain = false } = input;
  const inside = candidates.filter(({ isOutside }) => isOutside !== true);
  const outside = candidates.filter(({ isOutside }) => isOutside === true);
  const here = await aggregator.aggregate(rule.name, rule.parameters, { ...input, candidates: inside });
  const votes = outside.map(({ params }) => ({ params, weightQ16: UNIT_WEIGHT }));
  const all = await aggregator.aggregate(VOTE.rule, VOTE.parameters, { own: here.params, candidates: votes, explain });
  const most = (outside.length === 1 ? PULL_OF_ONE : 1) * Math.max(distance(own, base), distance(here.params, own));
  const step = distance(all.params, here.params);
  const share = step > most ? most / step : 1;
  const explanation = explained(candidates, here.explanation, all.explanation, share);
  return {
    params: share < 1 ? between(here.params, all.params, share) : all.params,
    statuses: inOrder(
      candidates,
      here.statuses,
      all.statuses.map((status) => (share < 1 ? "clipped" : status)),
    ),
    mass: here.mass,
    ...(explanation && { explanation }),
  };
}

/** One value for each candidate, out of those of this place and those of others. */
function inOrder<T>(candidates: readonly Placed[], here: readonly T[], outside: readonly T[]): T[] {
  const [near, far] = [here.values(), outside.values()];
  return candidates.map(({ isOutside }) => (isOutside ? far : near).next().value as T);
}

/** What other places made of the result, the models of this place did not. */
function explained(
  candidates: readonly Placed[],
  here: readonly CandidateExplanation[] | undefined,
  all: readonly CandidateExplanation[] | undefined,
  share: number,
): readonly CandidateExplanation[] | undefined {
  if (here === undefined || all === undefined) return undefined;
  const far = all.map((one) => ({ ...one, influence: one.influence * share }));
  const left = Math.max(0, 1 - far.reduce((sum, { influence }) => sum + influence, 0));
  const near = here.map((one) => ({ ...one, influence: one.influence * left }));
  return inOrder(candidates, near, far);
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const by = (a[i] as number) - (b[i] as number);
    sum += by * by;
  }
  return Math.sqrt(sum);
}

function between(from: Float32Array, to: Float32Array, share: number): Float32Array {
  return from.map((value, i) => value + share * ((to[i] as number) - value));
}
