/** No graph at all: peers find one another as real ones do (`protocol/membership/`). */
import * as z from "zod";
import { type Choice, optionsOf } from "../choice.ts";
import { defineTopology } from "./topology.ts";

const options = z.strictObject({
  bootstrap: z.int().min(1).max(1000).default(2).describe("the first so many peers are known to all at the start"),
  maxOutbound: z.int().min(1).max(300).default(32).describe("connections that each peer dials at most"),
});

export const membership = defineTopology({
  name: "membership",
  about: "no links are given: peers find one another as real peers do (protocol/membership)",
  options,
  links: () => [], // peers open what they want
});

/** Its options, where a scenario leaves the links to the peers. */
export function membershipOptions(topology: Choice): z.output<typeof options> | undefined {
  return topology.kind === membership.name ? (optionsOf(topology) as z.output<typeof options>) : undefined;
}
