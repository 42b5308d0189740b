/**
 * A training that took long, on a model that was merged meanwhile: what it taught is added to the model of now. A pure function, so that an audit repeats it to the bit.
 *
 *     out = onto + (ended - began)     in float32, each operation rounded
 */

/** @param began what the training started from. @param ended what it gave. All of one length. */
export function moveTraining(onto: Float32Array, began: Float32Array, ended: Float32Array): Float32Array {
  const out = new Float32Array(onto.length);
  for (let i = 0; i < out.length; i++)
    out[i] = (onto[i] as number) + Math.fround((ended[i] as number) - (began[i] as number));
  return out;
}
