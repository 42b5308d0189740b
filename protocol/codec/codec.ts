/** What a codec is: parameter vector to model body and back. Each codec is one file; `registry.ts` lists them. */

/** [name, shape] of each tensor in flat order, and the task (lower-case hex of its id) that the body says it belongs to. */
export interface BodyLayout {
  readonly tensors: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly task: string;
}

/** Encodes and decodes bodies of one layout. Encoding draws nothing at random: the same vector gives the same bytes, so that an audit can repeat it. */
export interface BodyCodec {
  /** Whether `decode` gives the encoded vector back to the bit. */
  readonly isLossless: boolean;
  /** Shortest body of the layout. */
  readonly minBytes: number;
  /** Longest body of the layout. */
  readonly maxBytes: number;
  /** A model body. @throws RangeError for a vector of another length. */
  encode(params: Float32Array): Uint8Array;
  /**
   * The parameters of a body, for reading only (it may be a view of the body); values may be non-finite (validation refuses them).
   * @throws HearsayError ERR_MODEL_SIZE, or ERR_MODEL_SHAPE where it holds what the codec never writes for this layout.
   */
  decode(body: Uint8Array): Float32Array;
}

/** A way to write a parameter vector into a body, under the name that task, CLI and log share. */
export interface Codec {
  readonly name: string;
  forLayout(layout: BodyLayout): BodyCodec;
}
