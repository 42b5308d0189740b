/** What a membership inference attack is: it looks at how models answer to an example, and guesses whether they were trained on it. */
import type { Observed } from "./observe.ts";

/** A model that the attacker trained on some of the examples, to see how it answers to those it knows and to the others. */
export interface Shadow {
  readonly observed: Observed;
  /** Length n: 1 where it was trained on the example, else 0. */
  readonly trainedOn: Uint8Array;
}

/** An attack, under the name that the command prints. */
export interface Attack {
  readonly name: string;
  /** Whether `score` needs shadows; one that needs none is cheap. */
  readonly needsShadows: boolean;
  /**
   * How likely each example was trained on: n scores, which mean something by their order only, the higher the likelier.
   * @param target how the attacked model answers to n examples. @param shadows how others answer to the same.
   */
  score(target: Observed, shadows: readonly Shadow[]): Float64Array;
}
