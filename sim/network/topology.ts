/**
 * Who is linked to whom, where the scenario leaves that neither to encounters nor to the peers. Links are pairs of peer numbers, each once, the
 * lower first; time and memory are O(peers x degree), for complete graphs and dumbbells O(peers^2).
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { TopologySpec } from "./schema.ts";

export type Link = [number, number];

export function linksOf(topology: TopologySpec, peers: number, rng: Rng): Link[] {
  switch (topology.kind) {
    case "complete":
      return clique(0, peers);
    case "random":
      return peers <= topology.degree + 1 ? clique(0, peers) : randomRings(peers, topology.degree, rng);
    case "ring":
      return peers <= topology.degree + 1 ? clique(0, peers) : ring(peers, topology.degree);
    case "dumbbell":
      return dumbbell(peers, topology.bridges);
    case "two-worlds":
      return dumbbell(peers, topology.across * Math.ceil(peers / 2));
    case "edges":
      return listed(topology.links, peers);
    case "membership":
      return []; // peers open what they want
  }
}

/** Peers first .. end - 1, each with each. */
function clique(first: number, end: number): Link[] {
  const links: Link[] = [];
  for (let a = first; a < end; a++) for (let b = a + 1; b < end; b++) links.push([a, b]);
  return links;
}

function ring(peers: number, degree: number): Link[] {
  const links: Link[] = [];
  for (let a = 0; a < peers; a++)
    for (let distance = 1; distance <= degree / 2; distance++) links.push(link(a, (a + distance) % peers));
  return links;
}

/** Each once, in order, so that a list means the same however it was written. */
function listed(given: readonly (readonly [number, number])[], peers: number): Link[] {
  const beyond = given.findIndex((ends) => Math.max(...ends) >= peers);
  if (beyond !== -1) {
    const highest = given.reduce((most, ends) => Math.max(most, ...ends), 0);
    const message = `row ${beyond + 1} names peer ${Math.max(...(given[beyond] ?? []))}, but there are ${peers}, from 0; set peers: ${highest + 1} or leave such rows out`;
    const path = `network.topology.links.${beyond}`;
    throw new HearsayError("ERR_CONFIG", `network.topology.links: ${message}`, { faults: [{ path, message }] });
  }
  const names = new Set(given.map(([a, b]) => Math.min(a, b) * peers + Math.max(a, b)));
  return [...names].sort((x, y) => x - y).map((name) => [Math.floor(name / peers), name % peers]);
}

/** The lower half (rounded up) and the rest are cliques; bridge i leads from peer i of the one to peer i of the other. */
function dumbbell(peers: number, bridges: number): Link[] {
  const left = Math.ceil(peers / 2);
  const right = peers - left;
  const links = [...clique(0, left), ...clique(left, peers)];
  for (let i = 0; i < Math.min(bridges, left * right); i++) {
    const a = i % left;
    links.push([a, left + ((a + Math.floor(i / left)) % right)]); // once all have a bridge: to the next but one, and so on
  }
  return links;
}

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

function link(a: number, b: number): Link {
  return a < b ? [a, b] : [b, a];
}
