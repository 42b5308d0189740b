/** What a way to deal rows to peers is. Each is one file; `registry.ts` lists them under the names that scenarios and configurations share. */
import type { Rng } from "../../../base/rng.ts";
import type { Dataset } from "../dataset.ts";

/** What is dealt to whom. */
export interface Deal {
  readonly data: Dataset;
  /** At least 1; there are enough rows for all. */
  readonly peers: number;
  /** The only source of chance. */
  readonly rng: Rng;
  /** What stands after the colon, as in `dirichlet:0.5`; 0 where the partition takes none. */
  readonly number: number;
}

/** A way to deal the rows of one data set out to peers, under the name that scenarios and configurations share. */
export interface Partition {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** Where a number stands after the name: what it is called, an example, and whether it is whole. It is always above 0. */
  readonly number?: { readonly name: string; readonly example: number; readonly isWhole?: true };
  /** Fewest rows of a peer; 2 where it is left out. */
  minRows?(number: number): number;
  /**
   * The rows of each peer, by their indices: disjoint, together all rows, in any order. A peer that falls short of `minRows` gets more from the
   * largest part afterwards.
   */
  deal(deal: Deal): number[][];
}
