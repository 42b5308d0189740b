/**
 * Spectral heterogeneity: strengthens the difference between the honest peers that gossip levels out last (Gaucher,
 * Dieuleveut, Hendrikx, ICML 2025). With q the eigenvector of the second least eigenvalue of the Laplacian of the
 * honest peers' graph, to the receiver i
 *
 *     v_i = x_i + s a_i,   a_i = q_i sum_j q_j x_j   over the honest j
 *
 * If the liars could add a_i to every x_i unhindered, the projection of the models on q would grow by as much, and
 * the two sides of the graph, which q tells apart by its signs, would part. The scale s > 0 is searched on the rule:
 * the one at which the merge with the expected number of lies ends up farthest from the merge without. The search
 * begins at |s a_i| = the median distance of the honest models.
 *
 * The links are those that are open at the moment, which the liars see. On a complete graph all modes are as slow, and
 * q is one of them (`slowest-mode.ts`). The attack was made for graphs such as the topology `two-worlds`. The paper's
 * code takes 16 merges a search.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Attack, Coalition, HonestModel } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { expectedMerge } from "./expected-merge.ts";
import { noiseOption } from "./noise.ts";
import { mostDamaging } from "./scale-search.ts";
import { slowestMode } from "./slowest-mode.ts";
import { createTrial, createTrialNoise, honestDistance } from "./trial.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled, innerProduct, unit } from "./vectors.ts";

export const spectral: Attack = defineAttack({
  name: "spectral",
  about: "to each receiver: its own model, moved along the difference that the graph of the honest levels out last",
  source:
    "Gaucher, Dieuleveut, Hendrikx, Unified Breakdown Analysis for Byzantine Robust Gossip, ICML 2025 (arXiv 2410.10418)",
  options: z.strictObject({
    /** Merges tried for each lie, the honest one included. */
    evaluations: z.int().min(2).max(100).default(8),
    noise: noiseOption,
  }),
  join(coalition, { evaluations, noise }) {
    const noiseOf = createTrialNoise(coalition);
    const modeOf = createModes(coalition);
    return twoFaced(coalition, noise, (receiver) => {
      const moments = coalition.moments();
      const merge = expectedMerge(coalition, receiver.peer);
      const direction = unit(pushAt(receiver.peer, coalition.honest(), modeOf()));
      if (moments === undefined || merge === undefined || direction === undefined) return undefined;
      const radius = honestDistance(receiver, merge);
      const moved = createTrial(coalition, receiver, merge, { moments, noise, noiseOf });
      const damage = (lie: Float32Array) => {
        const way = moved(lie);
        return innerProduct(way, way);
      };
      const lieAt = (scale: number) => addScaled(receiver.params, scale * radius, direction);
      return mostDamaging([lieAt], damage, evaluations - 1);
    });
  },
});

/** a_i of one honest peer. */
function pushAt(receiver: PeerId, honest: readonly HonestModel[], mode: Float64Array): Float64Array {
  const sum = new Float64Array(honest[0]?.params.length ?? 0);
  let own = 0;
  for (const [j, { peer, params }] of honest.entries()) {
    const q = mode[j] as number;
    if (peer === receiver) own = q;
    for (let c = 0; c < sum.length; c++) sum[c] = (sum[c] as number) + q * (params[c] as number);
  }
  return sum.map((value) => own * value);
}

/** q over the honest peers that have trained, in their order; computed anew only when peers or links have changed. */
function createModes({ honest, network }: Coalition): () => Float64Array {
  let links: readonly (readonly PeerId[])[] = [];
  let mode: Float64Array = new Float64Array(0);
  return () => {
    const peers = honest().map(({ peer }) => peer);
    const now = peers.map((peer) => network.neighbours(peer));
    // The lists of a network are new ones after a change.
    if (now.length === links.length && now.every((near, i) => near === links[i])) return mode;
    links = now;
    const places = new Map(peers.map((peer, i) => [peer, i]));
    mode = slowestMode(now.map((near) => near.flatMap((peer) => places.get(peer) ?? [])));
    return mode;
  };
}
