/** What a privacy mechanism does to a trained model before any of it leaves the peer. */

/** The model that a training gave, and the one before it, each of length d. */
export interface Releasable {
  readonly params: Float32Array;
  readonly base: Float32Array;
}

export interface Mechanism {
  /** As task, log and audit name it. */
  readonly name: string;
  /**
   * Whether `release` gives the same bits from the same vectors. An audit repeats such a release and proves it; where secret randomness
   * goes in, it can only be claimed.
   */
  readonly isRepeatable: boolean;
  /** The vector that others may see, of length d; the same array where nothing changes. */
  release(model: Releasable): Float32Array;
}
