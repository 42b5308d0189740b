import * as z from "zod";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { defineTopology, simpleLinks } from "./topology.ts";

const edge = z
  .tuple([z.int().min(0), z.int().min(0)])
  .refine(([a, b]) => a !== b, "a link needs two peers; leave the row out");

/** A list that names a peer that there is not is refused: it was made for another crowd. */
export const edges = defineTopology({
  name: "edges",
  about: "the links themselves, as of a real network",
  options: z.strictObject({
    links: z.array(edge).min(1).describe("[a, b], numbers of peers from 0, in any order. Or a file with these columns"),
  }),
  ofDevicesOnly: true,
  links({ peers }, { links }) {
    const beyond = links.findIndex((ends) => Math.max(...ends) >= peers);
    if (beyond === -1) return simpleLinks(links, peers);
    const highest = links.reduce((most, ends) => Math.max(most, ...ends), 0);
    const message = `row ${beyond + 1} names peer ${Math.max(...(links[beyond] ?? []))}, but there are ${peers}, from 0; set peers: ${highest + 1} or leave such rows out`;
    const path = `network.topology.links.${beyond}`;
    throw new HearsayError("ERR_CONFIG", `network.topology.links: ${message}`, { faults: [{ path, message }] });
  },
  label: () => "edges",
});
