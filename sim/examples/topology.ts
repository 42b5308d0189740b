import { definePlugin, defineTopology, link } from "hearsay/sim";
import * as z from "zod";

/** A small world: a ring in which a share of the links leads to a peer far away instead. */
const smallWorld = defineTopology({
  name: "small-world",
  about: "each with its `degree` nearest around a ring, a share of the links rewired",
  source: "Watts, Strogatz, Nature 393, 1998",
  options: z.strictObject({
    degree: z.int().min(2).multipleOf(2).default(8),
    rewired: z.number().min(0).max(1).default(0.1).describe("share of the links"),
  }),
  links({ peers, rng }, { degree, rewired }) {
    const reach = Math.min(degree / 2, Math.floor(peers / 2));
    return Array.from({ length: peers * reach }, (_, i) => {
      const [from, distance] = [i % peers, 1 + Math.floor(i / peers)];
      const step = rng.uniform() < rewired ? 1 + rng.below(peers - 1) : distance;
      return link(from, (from + step) % peers); // a link that comes twice is one
    });
  },
});

export default definePlugin({ topologies: [smallWorld] });
