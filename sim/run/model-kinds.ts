/**
 * The two models that an algorithm can be scored by, so that all are scored alike: the raw one, and a running mean of raw ones.
 *
 * A peer of Hearsay predicts with the running mean of its aggregates, which a single bad merge hardly moves; the baselines of the literature are
 * scored by the raw model. Where an algorithm keeps no running mean, this file keeps one of the same weights, and takes the raw model in once
 * in each cycle of the median device.
 */
import type { Clock, PeerId } from "../../protocol/base/seams.ts";
import { blendServing } from "../../protocol/peer/loop/state.ts";
import type { Learner } from "../algorithms/algorithm.ts";

export interface ModelKinds {
  raw(learner: Learner): Float32Array;
  averaged(learner: Learner): Float32Array;
}

/** Follows the models from now on, until `endMs`. */
export function followModels(
  learners: readonly Learner[],
  clock: Pick<Clock, "now" | "after">,
  { cycleMs, endMs }: { readonly cycleMs: number; readonly endMs: number },
): ModelKinds {
  const means = new Map<PeerId, Float32Array>();
  const followed = learners.filter(({ raw }) => raw === undefined);

  function takeIn(): void {
    for (const learner of followed) {
      const before = means.get(learner.peer);
      means.set(learner.peer, before === undefined ? learner.model() : blendServing(before, learner.model()));
    }
    if (clock.now() + cycleMs <= endMs) clock.after(cycleMs, takeIn);
  }

  clock.after(cycleMs, takeIn);
  return {
    raw: (learner) => learner.raw?.() ?? learner.model(),
    averaged: (learner) => means.get(learner.peer) ?? learner.model(),
  };
}
