import * as z from "zod";
import { clique, defineTopology, type Link, link } from "./topology.ts";

/** Neighbours are those with the nearest numbers, around. */
export const ring = defineTopology({
  name: "ring",
  about: "each with its `degree` (even) nearest, half of them on each side",
  options: z.strictObject({ degree: z.int().min(2).max(1000).multipleOf(2).default(2) }),
  links({ peers }, { degree }) {
    if (peers <= degree + 1) return clique(0, peers);
    const links: Link[] = [];
    for (let a = 0; a < peers; a++)
      for (let distance = 1; distance <= degree / 2; distance++) links.push(link(a, (a + distance) % peers));
    return links;
  },
  label: ({ degree }, peers) => (peers <= degree + 1 ? "complete" : `ring, degree ${degree}`),
});
