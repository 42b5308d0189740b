/**
 * Eclipse: the liars have got between some honest peers and the rest (Singh, Ngan, Druschel, Wallach, INFOCOM 2006).
 * A share `victims` of the honest peers loses its links to honest ones but `honestNeighbours`, and gets links to
 * liars in their place, as far as there are any. A victim that sees liars only has no way to tell; the question is
 * what the others suffer from it.
 *
 * Where victims keep some honest neighbours and prefer whom they ask (protocol/select/), liars need no more than to be preferred: they stand beside their victims and
 * offer themselves as useful (`lie: flatterer`), as fresh (`lie: push-flood`) or as fast (`nearMs`).
 */
import * as z from "zod";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { joinLie } from "./lies.ts";
import { noiseOption } from "./noise.ts";

type Link = readonly [number, number];

export const eclipse: Attack = defineAttack({
  name: "eclipse",
  about: "some honest peers are linked to liars only",
  source: "Singh, Ngan, Druschel, Wallach, Eclipse Attacks on Overlay Networks, INFOCOM 2006",
  options: z.strictObject({
    victims: z.number().min(0).max(1).default(0.2),
    honestNeighbours: z.int().min(0).default(0),
    lie: z.enum(["sign-flip", "alie", "flatterer", "push-flood"]).default("sign-flip"),
    nearMs: z.number().min(0).optional(),
    noise: noiseOption,
  }),
  nearMs: ({ nearMs }) => nearMs,
  rewire(links, lies, peers, rng, { victims: share, honestNeighbours }) {
    const all = Array.from({ length: peers }, (_, peer) => peer);
    const liars = all.filter(lies);
    const honest = all.filter((peer) => !lies(peer));
    if (liars.length === 0) return links;
    const count = Math.round(share * honest.length);
    const victims = new Set(Array.from(rng.permutation(honest.length).subarray(0, count), (i) => honest[i] as number));
    const kept = withoutWitnesses(links, victims, lies, honestNeighbours);
    return [...kept, ...linksToLiars(links, kept, victims, liars, rng)];
  },
  join: (coalition, { lie, noise }) => joinLie(lie, coalition, noise),
});

/** The links without those of victims to honest peers, but the first `honestNeighbours` of each. */
function withoutWitnesses(
  links: readonly Link[],
  victims: ReadonlySet<number>,
  lies: (index: number) => boolean,
  honestNeighbours: number,
): Link[] {
  const left = new Map<number, number>([...victims].map((victim) => [victim, honestNeighbours]));
  return links.filter((link) => {
    if (link.some(lies)) return true;
    const concerned = link.filter((peer) => victims.has(peer));
    if (concerned.some((victim) => left.get(victim) === 0)) return false;
    for (const victim of concerned) left.set(victim, (left.get(victim) as number) - 1);
    return true;
  });
}

/** As many links to further liars as each victim lost, or to all of them; at least one. */
function linksToLiars(
  before: readonly Link[],
  kept: readonly Link[],
  victims: ReadonlySet<number>,
  liars: readonly number[],
  rng: Rng,
): Link[] {
  const [degrees, now] = [neighboursOf(before, victims), neighboursOf(kept, victims)];
  const added: Link[] = [];
  for (const victim of [...victims].sort((a, b) => a - b)) {
    const near = now.get(victim) as Set<number>;
    const lost = (degrees.get(victim) as Set<number>).size - near.size;
    const strangers = liars.filter((liar) => !near.has(liar));
    const wanted = Math.min(strangers.length, Math.max(lost, near.size === 0 ? 1 : 0));
    for (const i of rng.permutation(strangers.length).subarray(0, wanted)) added.push([victim, strangers[i] as number]);
  }
  return added;
}

function neighboursOf(links: readonly Link[], of: ReadonlySet<number>): Map<number, Set<number>> {
  const near = new Map<number, Set<number>>([...of].map((peer) => [peer, new Set()]));
  for (const [a, b] of links) {
    near.get(a)?.add(b);
    near.get(b)?.add(a);
  }
  return near;
}
