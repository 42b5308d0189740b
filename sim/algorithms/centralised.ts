/**
 * One trainer on all data in one place, at the pace of the median device: what learning together can hope for at equal steps per
 * cycle. Liars have no part in it, since the pooled data are those that were dealt out. Nobody sends anything.
 */
import * as z from "zod";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { Algorithm } from "./algorithm.ts";
import { epochs, medianTrainMs, stepsOf } from "./options.ts";

const options = z.strictObject({
  /** Optimiser steps of a cycle; 0: as many as one peer takes. */
  steps: z.int().min(0).max(1_000_000).default(0),
  /** Or: passes over the pooled rows in a cycle; goes before `steps`. */
  epochs,
});

export const centralised: Algorithm = {
  name: "centralised",
  about: "one trainer on the pooled data",
  source: "none: the bound from above",
  options,
  async start({ task, clock, pooled, participants, endMs, ...environment }, given) {
    const { steps: asked, epochs: passes } = given as z.output<typeof options>;
    const steps = passes === 0 && asked > 0 ? asked : stepsOf(task, pooled, passes);
    const trainMs = medianTrainMs(environment);
    let params = initialParams(task.tensors, task.seed);
    let cycles = 0;

    async function train(): Promise<void> {
      const seed = `${task.seed}/centralised/${cycles * steps}/${cycles}`;
      ({ params } = await pooled.fit({ params, steps, seed, age: cycles * steps }));
      cycles++;
      schedule();
    }

    function schedule(): void {
      if (clock.now() + trainMs <= endMs) clock.after(trainMs, () => void train());
    }

    schedule();
    return participants.map(({ identity, honest }) => ({
      peer: identity.peerId,
      honest,
      model: () => params,
      current: () => params,
      cycles: () => cycles,
      bytesOut: () => 0,
    }));
  },
};
