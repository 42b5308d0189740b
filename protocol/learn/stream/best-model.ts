/**
 * The best model of a peer so far, by its own hold-out. The hold-out of a stream changes, so the best so far is measured anew beside each model that may take its place:
 * what was best on the rows of last week need not be so on those of today.
 */
import { isHearsayError } from "../../base/errors.ts";
import type { Trainer } from "../../base/learning-seams.ts";

/** A model, and what is said of it. */
export interface Candidate<Facts> {
  readonly params: Float32Array;
  readonly facts: Facts;
}

export interface BestModel<Facts> {
  /** Looks at a model, and gives the best. One at a time: while another is looked at, it gives the best so far. */
  offer(candidate: Candidate<Facts>): Promise<Candidate<Facts>>;
}

/** @param first from before a restart. */
export function createBestModel<Facts>(trainer: Pick<Trainer, "evaluate">, first?: Candidate<Facts>): BestModel<Facts> {
  let best = first;
  let isLooking = false;
  const lossOf = async ({ params }: Candidate<Facts>) => {
    const { loss } = await trainer.evaluate(params, "holdout");
    return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
  };
  return {
    async offer(candidate) {
      if (isLooking && best !== undefined) return best;
      isLooking = true;
      try {
        if (best === undefined || (await lossOf(candidate)) < (await lossOf(best))) best = candidate;
      } catch (error) {
        if (!isHearsayError(error)) throw error;
        best ??= candidate; // no hold-out yet, or the engine is closing
      } finally {
        isLooking = false;
      }
      return best;
    },
  };
}
