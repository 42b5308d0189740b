/** What a topology is: who is linked to whom, where the scenario leaves that neither to encounters nor to the peers. Each is one file. */
import type { z } from "zod";
import type { Rng } from "../../../protocol/base/rng.ts";

/** Two peers, by their numbers from 0. */
export type Link = [number, number];

/** Who is to be linked. */
export interface Crowd {
  /** Their numbers are 0 to peers - 1; at least 1. */
  readonly peers: number;
  /** The only source of chance. */
  readonly rng: Rng;
}

/** A graph over peers, under the name that scenarios use. */
export interface Topology {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** Where it was described, if somewhere. */
  readonly source?: string;
  readonly options: z.ZodType;
  /** Left out: its links also hold identities that an attack makes beside those of the devices. */
  readonly ofDevicesOnly?: true;
  /** Each link once, the lower number first. @param options all of them. */
  links(crowd: Crowd, options: unknown): readonly Link[];
  /** What tables call it; left out: its name and the options that are not at their defaults. */
  label?(options: unknown, peers: number): string;
}

interface Definition<S extends z.ZodType> extends Pick<Topology, "name" | "about" | "source" | "ofDevicesOnly"> {
  readonly options: S;
  links(crowd: Crowd, options: z.output<S>): readonly Link[];
  label?(options: z.output<S>, peers: number): string;
}

/** Topologies are written with the type of their own options; this gives them the one that registry and scenarios hold. */
export function defineTopology<S extends z.ZodType>(definition: Definition<S>): Topology {
  return definition as Topology;
}

/** The link between two peers. */
export function link(a: number, b: number): Link {
  return a < b ? [a, b] : [b, a];
}

/** Peers first .. end - 1, each with each. */
export function clique(first: number, end: number): Link[] {
  const links: Link[] = [];
  for (let a = first; a < end; a++) for (let b = a + 1; b < end; b++) links.push([a, b]);
  return links;
}

/** The same links, each once and in order, so that a list means the same however it was written. */
export function simpleLinks(links: Iterable<readonly [number, number]>, peers: number): Link[] {
  const names = new Set<number>();
  for (const [a, b] of links) names.add(Math.min(a, b) * peers + Math.max(a, b));
  return [...names].sort((x, y) => x - y).map((name) => [Math.floor(name / peers), name % peers]);
}
