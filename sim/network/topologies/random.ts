import * as z from "zod";
import type { Rng } from "../../../protocol/base/rng.ts";
import { clique, defineTopology, type Link, link } from "./topology.ts";

/** Time and memory are O(peers x degree). */
export const random = defineTopology({
  name: "random",
  about: "random rings laid over each other until every peer has `degree`; complete where peers are few",
  source: "Law and Siu, INFOCOM 2003",
  options: z.strictObject({ degree: z.int().min(2).max(1000).default(32) }),
  links: ({ peers, rng }, { degree }) => (peers <= degree + 1 ? clique(0, peers) : randomRings(peers, degree, rng)),
  label: ({ degree }, peers) => (peers <= degree + 1 ? "complete" : `degree ${degree}`),
});

/**
 * Random rings over all peers, laid over each other: the first makes the graph connected, some make it an expander (Law and Siu,
 * Distributed Construction of Random Expander Networks, INFOCOM 2003). From the second on a ring goes only through peers that have
 * links to get; it leaves out what is there already. A few of the last may stay short of `degree`.
 */
function randomRings(peers: number, degree: number, rng: Rng): Link[] {
  const links: Link[] = [];
  const known = new Set<number>();
  const degrees = new Uint32Array(peers);
  let wanting = Array.from(degrees, (_, peer) => peer);
  for (let idle = 0; wanting.length > 1 && idle < MAX_IDLE_RINGS; ) {
    const before = links.length;
    const order = rng.permutation(wanting.length);
    for (let i = 0; i < order.length; i++) {
      const [a, b] = link(
        wanting[order[i] as number] as number,
        wanting[order[(i + 1) % order.length] as number] as number,
      );
      const name = a * peers + b;
      if (known.has(name) || (degrees[a] as number) >= degree || (degrees[b] as number) >= degree) continue;
      known.add(name);
      links.push([a, b]);
      degrees[a] = (degrees[a] as number) + 1;
      degrees[b] = (degrees[b] as number) + 1;
    }
    idle = links.length === before ? idle + 1 : 0;
    wanting = wanting.filter((peer) => (degrees[peer] as number) < degree);
  }
  return links;
}

/** Rings in a row that added nothing: what is left over is then linked among itself, or nearly. */
const MAX_IDLE_RINGS = 8;
