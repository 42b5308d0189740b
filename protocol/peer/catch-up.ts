/**
 * How a peer that has merged nothing since it started, and is far behind, starts from the models of others (`catch-up`, combine.ts).
 *
 * What is taken then replaces the own model whole, and keys that come first cost nothing. So it waits until it has candidates for a whole merge,
 * or three whom its configuration or its own past names, or a minute; and takes these three rather than others. It leaves out each model that knows less
 * than half of what the own one knows about the own training data (by loss: the initial model and one of zeros know nothing), and takes an odd number
 * of them, since the mean of the two in the middle may lie half-way to a lie. Where fewer than three are left it merges like everybody.
 *
 * The log names the models that were taken. An audit needs to know nothing of those that were not.
 */
import { CATCH_UP_CANDIDATES, mayCatchUp } from "../combine.ts";
import { initialParams } from "../learn/tensors.ts";
import { LIMITS } from "../limits.ts";
import type { PeerContext } from "./context.ts";
import type { Candidate } from "./inbox.ts";
import type { Trained } from "./outbound.ts";

/** What is to be done with the candidates of a merge. */
export type Start<C> =
  | { readonly kind: "merge" }
  /** Nothing yet: more may come. */
  | { readonly kind: "wait" }
  /** Take the median of these, an odd number. */
  | { readonly kind: "catch-up"; readonly candidates: readonly C[] };

export interface CatchUp {
  /** Of the first merge since the start, until `done`. */
  begin<C extends Candidate>(own: Trained, candidates: readonly C[]): Promise<Start<C>>;
  /** A merge is in the log. */
  done(): void;
}

export function createCatchUp(context: PeerContext): CatchUp {
  const { task, clock, standing, trainer } = context;
  const fewest = Math.max(CATCH_UP_CANDIDATES, task.aggregation.quorum);
  let hasMerged = false;
  let sinceMs: number | undefined;

  const isBehind = (own: Trained, candidates: readonly Candidate[]) =>
    mayCatchUp(
      task,
      own.age,
      candidates.map(({ announced }) => announced.age),
    );

  /** Worse than this on the own training data, a model is not taken. */
  async function worstLoss(own: Trained): Promise<number> {
    const ownLoss = await lossOf(own.params);
    const ignorant = Math.min(
      await lossOf(initialParams(task.tensors, task.seed)),
      await lossOf(new Float32Array(own.params.length)),
    );
    return ownLoss < ignorant ? (ownLoss + ignorant) / 2 : ownLoss;
  }

  async function lossOf(params: Float32Array): Promise<number> {
    const { loss } = await trainer.evaluate(params, "train");
    return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
  }

  /** In the order of before. */
  async function sound<C extends Candidate>(own: Trained, candidates: readonly C[]): Promise<readonly C[]> {
    const limit = await worstLoss(own);
    const losses = new Map<C, number>();
    for (const candidate of candidates) {
      const loss = await lossOf(candidate.params);
      if (loss <= limit) losses.set(candidate, loss);
    }
    if (losses.size % 2 === 1 || losses.size <= fewest) return [...losses.keys()];
    const worst = Math.max(...losses.values());
    const left = [...losses.keys()].find((candidate) => losses.get(candidate) === worst);
    return [...losses.keys()].filter((candidate) => candidate !== left);
  }

  return {
    async begin(own, candidates) {
      if (hasMerged || !isBehind(own, candidates)) return { kind: "merge" };
      sinceMs ??= clock.monotonicMs();
      const trusted = candidates.filter(({ announced }) => standing.isTrusted(announced.author));
      const isSure = trusted.length >= fewest;
      const isLate = clock.monotonicMs() - sinceMs >= LIMITS.catchUpWaitMs;
      if (!isSure && !isLate && candidates.length < task.aggregation.inboxSize) return { kind: "wait" };
      const taken = await sound(own, isSure ? trusted : candidates);
      return taken.length >= fewest && isBehind(own, taken)
        ? { kind: "catch-up", candidates: taken }
        : { kind: "merge" };
    },
    done() {
      hasMerged = true;
    },
  };
}
