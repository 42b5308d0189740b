/**
 * How the parts of a network that was split come together again.
 *
 * Apart, each part has come to a model of its own, and its trainings have become short. A rule that bounds a step by the length of a training, as guarded-median does,
 * then needs the longer to bring the parts together the longer they were apart, or for ever. A rule cannot know better: models that come back look like those of liars.
 *
 * But the peer knows who comes back. An author that it knows, that announced again and again, and of which it then heard nothing for more than the
 * staleness cut-off of its own cycles, has *returned*, for some cycles. Where so many models of a merge are of such authors that they could start a peer
 * (catch-up.ts), the next training starts at the coordinate median of the own model and of all these models. So it acts before a training, as momentum
 * does (outer-momentum.ts): the rule, its bound of a step and the log see one trained model.
 *
 * What liars gain: they must be known, must have been silent all that time, and are then a minority in a median a few times. It is not taken where it knows less
 * than half of what the own model knows about the own training data (soundness.ts).
 */
import type { Aggregator } from "../../base/learning-seams.ts";
import { euclideanNorm } from "../../base/norm.ts";
import { type Task, termsOf } from "../../base/task.ts";
import { CATCH_UP_CANDIDATES } from "../../task/combine.ts";
import type { Standing } from "../memory/identities.ts";
import type { Own, Weighed } from "../stages.ts";
import type { LookAhead } from "./outer-momentum.ts";
import type { Soundness } from "./soundness.ts";

export interface Reunion {
  /** Sees what there was to merge in a cycle, and the own model that went into it. */
  met(own: Own, candidates: readonly Weighed[], cycle: number): Promise<void>;
  /** From where the next training starts, where that is not the model; told once. */
  takeStart(): Float32Array | undefined;
}

/** Where trainings start: there, else where they would anyhow. */
export function startAfter({ takeStart }: Pick<Reunion, "takeStart">, lookAhead: LookAhead): LookAhead {
  return (model) => {
    const ahead = lookAhead(model); // it is to be called after each merge
    return takeStart() ?? ahead;
  };
}

export interface ReunionComponents {
  readonly aggregator: Aggregator;
  readonly identities: Pick<Standing, "isKnown">;
  readonly soundness: Pick<Soundness, "lossOf" | "worstLoss">;
}

/** Own cycles for which an author that was silent has returned: the parts of a network find one another within seconds, not at once. */
export const RETURN_CYCLES = 8;

export function createReunion({ aggregator, identities, soundness }: ReunionComponents, task: Task): Reunion {
  const fewest = Math.max(CATCH_UP_CANDIDATES, task.aggregation.quorum);
  let start: Float32Array | undefined;

  const hasReturned = ({ candidate: { announced } }: Weighed, cycle: number) =>
    cycle - (announced.returnedCycle ?? Number.NEGATIVE_INFINITY) <= RETURN_CYCLES &&
    identities.isKnown(announced.author);

  return {
    async met(own, candidates, cycle) {
      if (termsOf(task) !== undefined) return; // what decides below is the loss on the training data, which a privacy budget does not cover
      if (own.kind === "untrained") return; // a training is under way, and its trainer has no time for this
      if (candidates.filter((one) => hasReturned(one, cycle)).length < fewest) return;
      const { params } = await aggregator.aggregate("median", {}, { own: own.params, candidates });
      if (!Number.isFinite(euclideanNorm(params))) return;
      if ((await soundness.lossOf(params)) <= (await soundness.worstLoss(own.params))) start = params;
    },
    takeStart() {
      const taken = start;
      start = undefined;
      return taken;
    },
  };
}
