/** What a privacy mechanism does to a trained model before any of it leaves the peer. */

/** A privacy mechanism, under the name that task, log and audit share. */
export interface Mechanism {
  /** As log and audit name it. */
  readonly name: string;
  /**
   * Whether `release` gives the same bits from the same vector. An audit repeats such a release and proves it; where secret randomness
   * goes in, it can only be claimed.
   */
  readonly isRepeatable: boolean;
  /** The vector that others may see, of the same length; the same array where nothing changes. */
  release(trained: Float32Array): Float32Array;
}
