/**
 * Whom a peer leaves out of its merges because of what they sent when it started: a model that knew less than half of what its own model knew about its own
 * training data (catch-up.ts). Such an author is left out until it sends one that is better than that. Else the liars that the start was kept from would take
 * the model along afterwards: beside as many honest neighbours, a third of the way to theirs (test/protocol/peer/newcomer-among-liars.test.ts).
 *
 * An author that was not there at the start is never left out, so that a peer which learned long ago has no such opinion of others.
 */
import type { PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Candidate, Own } from "../stages.ts";
import { type Sorted, sortOut, weigh } from "./weigh.ts";

export interface Distrust {
  /** These sent a model with more than that loss on the own training data. */
  begin(authors: readonly PeerId[], worstLoss: number): void;
  /** What a merge in this cycle is to take of the candidates: all, where fewer than the quorum would be left. */
  without(own: Own, sorted: Sorted, cycle: number): Promise<Sorted>;
}

/** @param lossOf a model, on the own training data. */
export function createDistrust(task: Task, lossOf: (params: Float32Array) => Promise<number>): Distrust {
  const distrusted = new Set<PeerId>();
  let worstLoss = Number.POSITIVE_INFINITY;

  async function isLeftOut({ announced: { author }, params }: Candidate, own: Own): Promise<boolean> {
    if (!distrusted.has(author)) return false;
    // while a training is under way its trainer has no time for this
    if (own.kind === "untrained" || (await lossOf(params)) > worstLoss) return true;
    distrusted.delete(author);
    return false;
  }

  return {
    begin(authors, loss) {
      for (const author of authors) distrusted.add(author);
      worstLoss = loss;
    },
    async without(own, sorted, cycle) {
      if (distrusted.size === 0) return sorted;
      const kept: Candidate[] = [];
      for (const { candidate } of [...sorted.eligible, ...sorted.copies, ...sorted.stale])
        if (!(await isLeftOut(candidate, own))) kept.push(candidate);
      kept.sort((a, b) => (a.announced.author < b.announced.author ? -1 : 1));
      const rest = sortOut(weigh(task, kept, own.age, cycle), task.staleness.cutoff); // counted from the ages of those that are named
      return rest.eligible.length < task.aggregation.quorum ? sorted : rest;
    },
  };
}
