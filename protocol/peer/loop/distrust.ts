/**
 * Whom a peer leaves out of a merge because of what their models know about its own training data (soundness.ts measures it). There are two reasons:
 *
 *     a look before each merge    the model knows next to nothing about a few own rows; where the task has `aggregation.mostLoss`
 *     the start                   the first model of the author knew less than half of what the own model knew (catch-up.ts tells of it); where the task lets
 *                                 devices differ. It ends when the author sends a model that is better than that
 *
 * *Why look at own rows.* A rule sees models only. Where most of a peer's few neighbours lie, by chance, no rule can tell which do; own rows can. It is a coarse
 * sieve, since honest models of other data may know little of the own: lies that lose less go on to the rule, and of those that lose more as many as the rule
 * stands. Else two crowds that share no class leave out one another for good (sim/results/measurements.md). Rows are looked at as a training here sees them,
 * without the classes that are absent (learn/absent-classes.ts): a model of a peer that has other classes is not blamed for thinking of them first.
 *
 * *Why remember the start.* Else the liars that the start was kept from would take the model along afterwards: beside as many honest neighbours, a third of the
 * way to theirs (test/protocol/peer/newcomer-among-liars.test.ts). An author that was not there at the start is never left out for that.
 *
 * While a training is under way its trainer has no time to look: then the last look at an author counts. A quorum is left in any case: a peer that has rows that
 * nobody else knows anything about has to learn from others all the same, and a peer with wrong rows would be alone for ever. So where fewer than the quorum know
 * anything, only models that do harm are left out, the worst first.
 */

import { forgetOldest } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Candidate, Own } from "../stages.ts";
import type { Soundness } from "./soundness.ts";
import { type Sorted, sortOut, weigh } from "./weigh.ts";

export interface Distrust {
  /** These sent a model with more than that loss on the own training data, at a start. */
  begin(authors: readonly PeerId[], worstLoss: number): void;
  /** What a merge in this cycle is to take of the candidates: all, where fewer than the quorum would be left. */
  without(own: Own, sorted: Sorted, cycle: number): Promise<Sorted>;
}

export function createDistrust(task: Task, soundness: Pick<Soundness, "lossOf" | "knowingTooLittle">): Distrust {
  const { quorum, mostLoss, parameters } = task.aggregation;
  /** Since the start. */
  const distrusted = new Set<PeerId>();
  /** Since the last look: whose models know too little, and how little. */
  const unsound = new Map<PeerId, number>();
  let worstLoss = Number.POSITIVE_INFINITY;

  async function look(candidates: readonly Candidate[]): Promise<void> {
    for (const { announced, params } of candidates) {
      const { author } = announced;
      if (distrusted.has(author) && (await soundness.lossOf(params)) <= worstLoss) distrusted.delete(author);
    }
    const models = candidates.map(({ params }) => params);
    const tooLittle = await soundness.knowingTooLittle(models, quorum);
    for (const [i, candidate] of candidates.entries()) {
      const { author } = candidate.announced;
      const howLittle = tooLittle[i];
      unsound.delete(author);
      if (howLittle !== undefined) unsound.set(author, howLittle);
    }
    forgetOldest(unsound, LIMITS.maxParents); // keys are free
  }

  return {
    begin(authors, loss) {
      for (const author of authors) distrusted.add(author);
      worstLoss = loss;
    },
    async without(own, sorted, cycle) {
      if (distrusted.size === 0 && mostLoss === undefined) return sorted;
      const all = [...sorted.eligible, ...sorted.copies, ...sorted.stale];
      const candidates = all.map(({ candidate }) => candidate);
      if (own.kind !== "untrained") await look(candidates);
      // what an author sent at a start may be little, and honest: then only what knows nothing is left out
      const knowing = withTolerated(candidates, unsound, parameters.f ?? 0);
      const trusted = knowing.filter(({ announced: { author } }) => !distrusted.has(author));
      for (const some of [trusted, knowing]) {
        if (some.length === candidates.length) break;
        const kept = some.toSorted(byAuthor);
        const rest = sortOut(weigh(task, kept, own.age, cycle), task.staleness.cutoff); // counted from the ages of those that are named
        if (rest.eligible.length < quorum) continue;
        return { ...rest, distrusted: all.filter(({ candidate }) => !kept.includes(candidate)) };
      }
      return sorted;
    },
  };
}

/**
 * The models that know enough, and as many of the others as the rule stands among them: m <= f (n + m) of n + m. Those that know most come first. The sieve is
 * there for the chance that more lie beside a peer; below that the rule is the better judge, since what knows little of the own rows may know much of those of
 * others.
 */
function withTolerated(
  candidates: readonly Candidate[],
  unsound: ReadonlyMap<PeerId, number>,
  f: number,
): readonly Candidate[] {
  const howLittle = ({ announced: { author } }: Candidate) => unsound.get(author) ?? 0; // all that know too little are above 0
  const knowing = candidates.filter((one) => howLittle(one) === 0).length;
  const tolerated = Math.floor((f * knowing) / (1 - f) + 1e-9);
  return candidates.toSorted((a, b) => howLittle(a) - howLittle(b) || byAuthor(a, b)).slice(0, knowing + tolerated);
}

function byAuthor(a: Candidate, b: Candidate): number {
  return a.announced.author < b.announced.author ? -1 : 1;
}
