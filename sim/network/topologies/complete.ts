import * as z from "zod";
import { clique, defineTopology } from "./topology.ts";

/** Everybody with everybody: peers^2 links. */
export const complete = defineTopology({
  name: "complete",
  about: "each peer with each",
  options: z.strictObject({}),
  links: ({ peers }) => clique(0, peers),
});
