/**
 * How much of a peer's data is like that of others: the lower, the rarer what it has.
 *
 *     overlap_i = mean over honest peers j, j != i, of sum over labels k of min(p_ik, p_jk)        p_ik: share of label k in the rows of i
 *
 * 1 where all have the same mixture of labels; 0 for a peer whose labels nobody else has.
 */
import type { Participant } from "../algorithms/algorithm.ts";

/** One for each participant, of classes as targets; undefined where it would mean nothing: a target that is no class, nobody else. */
export function labelOverlaps(
  participants: readonly Pick<Participant, "data" | "honest">[],
): readonly (number | undefined)[] {
  const mixtures = participants.map(({ data }) => mixtureOf(data));
  return mixtures.map((own, i) => {
    const others = mixtures.filter((_, j) => j !== i && participants[j]?.honest);
    if (own === undefined || others.length === 0 || others.includes(undefined)) return undefined;
    const total = others.reduce((sum, other) => sum + common(own, other as Mixture), 0);
    return total / others.length;
  });
}

type Mixture = ReadonlyMap<number, number>;

function mixtureOf({ targets, length }: Participant["data"]): Mixture | undefined {
  if (targets.length !== length || !targets.every((target) => Number.isInteger(target))) return undefined;
  const mixture = new Map<number, number>();
  for (const target of targets) mixture.set(target, (mixture.get(target) ?? 0) + 1 / length);
  return mixture;
}

function common(a: Mixture, b: Mixture): number {
  return [...a].reduce((sum, [label, share]) => sum + Math.min(share, b.get(label) ?? 0), 0);
}
