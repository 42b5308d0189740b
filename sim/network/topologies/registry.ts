/** The topologies, by the name that scenarios use. */
import { type Registry, registryOf } from "../../../protocol/base/registry.ts";
import type { Rng } from "../../../protocol/base/rng.ts";
import { type Choice, optionsOf } from "../choice.ts";
import { complete } from "./complete.ts";
import { dumbbell, twoWorlds } from "./dumbbell.ts";
import { edges } from "./edges.ts";
import { membership } from "./membership.ts";
import { random } from "./random.ts";
import { ring } from "./ring.ts";
import type { Link, Topology } from "./topology.ts";

/** Every topology, by name. One more is its file and its place in this list. */
export const TOPOLOGIES: Registry<Topology> = registryOf([
  complete,
  random,
  ring,
  dumbbell,
  twoWorlds,
  edges,
  membership,
]);

/**
 * The links that a scenario asks for.
 * @param topology with all its options.
 * @throws RangeError for one that there is not. @throws HearsayError ERR_CONFIG where it does not fit so many peers.
 */
export function linksOf(topology: Choice, peers: number, rng: Rng): readonly Link[] {
  const known = TOPOLOGIES.get(topology.kind);
  if (known === undefined) throw new RangeError(`no topology ${topology.kind}`);
  return known.links({ peers, rng }, optionsOf(topology));
}
