/** Two cliques, and what leads from the one to the other. */
import * as z from "zod";
import { clique, defineTopology, type Link } from "./topology.ts";

export const dumbbell = defineTopology({
  name: "dumbbell",
  about: "two cliques and `bridges` links between them",
  options: z.strictObject({ bridges: z.int().min(1).default(1) }),
  links: ({ peers }, { bridges }) => bridged(peers, bridges),
  label: ({ bridges }) => `${bridges} bridge${bridges === 1 ? "" : "s"}`,
});

export const twoWorlds = defineTopology({
  name: "two-worlds",
  about: "two cliques of half the peers, each peer with `across` links to the other one",
  source: "Gaucher, Dieuleveut, Hendrikx, ICML 2025",
  options: z.strictObject({ across: z.int().min(1).max(1000).default(1) }),
  links: ({ peers }, { across }) => bridged(peers, across * Math.ceil(peers / 2)),
  label: ({ across }) => `two worlds, ${across} across`,
});

/** The lower half (rounded up) and the rest are cliques; bridge i leads from peer i of the one to peer i of the other. */
function bridged(peers: number, bridges: number): Link[] {
  const left = Math.ceil(peers / 2);
  const right = peers - left;
  const links = [...clique(0, left), ...clique(left, peers)];
  for (let i = 0; i < Math.min(bridges, left * right); i++) {
    const a = i % left;
    links.push([a, left + ((a + Math.floor(i / left)) % right)]); // once all have a bridge: to the next but one, and so on
  }
  return links;
}
