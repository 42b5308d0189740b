/** A trainer in whose place another one trains: what liars, brakes and onlookers put around a trainer. */
import type { Trainer } from "./learning-seams.ts";

/** The same trainer with another `fit`. What may change while it lives, its rows and their count, is asked anew each time. */
export function trainedOtherwise(trainer: Trainer, fit: Trainer["fit"]): Trainer {
  return {
    ...trainer,
    get numExamples() {
      return trainer.numExamples;
    },
    get revision() {
      return trainer.revision ?? 0;
    },
    fit,
  };
}
