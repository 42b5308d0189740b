/** What a gateway releases for its cluster: a pure function of the models of its members, so that whoever has those can make it again, to the bit. */
import type { Aggregator } from "../base/learning-seams.ts";
import { UNIT_WEIGHT } from "../base/weight.ts";

/**
 * The coordinate median: each member counts once, the gateway like all others, and fewer than half of them can move it beyond the others.
 * @param models of the members, in the order of their keys; at least one.
 */
export async function clusterMedian(
  aggregator: Pick<Aggregator, "aggregate">,
  models: readonly Float32Array[],
): Promise<Float32Array> {
  const [own, ...others] = models;
  if (own === undefined) throw new RangeError("a cluster of no models");
  const candidates = others.map((params) => ({ params, weightQ16: UNIT_WEIGHT }));
  const { params } = await aggregator.aggregate("median", {}, { own, candidates });
  return params;
}
