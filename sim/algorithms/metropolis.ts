/**
 * Metropolis-Hastings weights of a graph (Xiao, Boyd, Kim: Distributed Average Consensus with Least-Mean-Square Deviation, 2007):
 *
 *     W_ij = 1 / (1 + max(d_i, d_j))  for neighbours,      W_ii = 1 - sum_j W_ij
 *
 * Symmetric, and rows and columns sum to 1, so that mixing keeps the mean of all models; every node needs only the degrees of its
 * neighbours.
 */

/** W_ij for each neighbour of a node of `degree`; the rest up to 1, at least 1 / (1 + degree), is the weight of the node itself. */
export function metropolisWeights(degree: number, neighbourDegrees: readonly number[]): number[] {
  return neighbourDegrees.map((other) => 1 / (1 + Math.max(degree, other)));
}
