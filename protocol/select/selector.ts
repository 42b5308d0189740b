/** What a policy of drawing is: by which figures a peer prefers one author to another when it draws whose model it pulls. */

/** What a peer knows of an author: all of it measured by itself, but for the link, which its transport tells. */
export interface Known {
  /** What its models did for the own rows beside those of others, 0 to 1 (reputation.ts); 1/2 of one of which nothing is known any more. */
  readonly worth: number;
  /** Moving average of the duration of a pull from it, ms; undefined before the first. */
  readonly pullMs: number | undefined;
  /** Of the connection, as the transport tells it: a round trip, ms; undefined where it tells nothing. */
  readonly roundTripMs: number | undefined;
  /** Whether bytes of that connection are paid for, as the transport tells it. */
  readonly isPaid: boolean;
  /** Since its newest announcement came, on the own clock, ms. */
  readonly sinceMs: number;
}

/**
 * How models that came are judged, on own rows: `loss`, of the model itself; `gain`, by how much the loss of the own model falls where it is mixed half and half
 * with this one. A copy of the own model has the least loss of all, and no gain.
 */
export type Judge = "loss" | "gain";

/** A policy, under its name. */
export interface Selector {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** Paper, or that it is our own. */
  readonly source: string;
  /** How the models that came are judged; left out where nobody looks at them. */
  readonly judges?: Judge;
  /** What a model is worth that beats a share `rank` of the others of its merge. */
  readonly worthOf?: (rank: number) => number;
  /** Of the authors that can be drawn it draws, at random, among this share, the best; 0: the best one. */
  readonly top: number;
  /** The higher the sooner. Authors of one score are alike. */
  score(known: Known): number;
  /** Why it has that score, for people. */
  words(known: Known): string;
}

/** What the owner of a peer asks for. */
export interface Selection {
  /** Name of a selector. */
  readonly by: string;
  /** Share of the draws that are made at random, 0 to 1: so that every peer is asked now and then, and no islands form. */
  readonly floor: number;
  /** Of one address prefix so many authors at most are preferred in a cycle; further ones are drawn at random. */
  readonly perPrefix: number;
}

/** Where nothing is set. */
export const DEFAULT_SELECTION: Selection = { by: "random", floor: 0.25, perPrefix: 4 };
