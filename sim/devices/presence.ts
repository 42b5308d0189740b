/**
 * When peers are there, and when two of them meet: what every model of churn says to the world that acts on it.
 *
 * Times are milliseconds since the start of the run. Changes come in order of time (ends before beginnings where they fall
 * together), are made when they are asked for, and may go on for ever: whoever drives them stops at the end of the run.
 */
export type PresenceChange = SessionChange | ContactChange;

/** A member for each kind, so that comparing `kind` narrows the type. */
export type SessionChange =
  | { readonly atMs: number; readonly kind: "on"; readonly peer: number }
  | { readonly atMs: number; readonly kind: "off"; readonly peer: number };

/** a < b. */
export type ContactChange =
  | { readonly atMs: number; readonly kind: "link"; readonly a: number; readonly b: number }
  | { readonly atMs: number; readonly kind: "unlink"; readonly a: number; readonly b: number };

export interface Presence {
  /** `contacts`: links exist between "link" and "unlink" only. `topology`: those of the scenario's topology. */
  readonly links: "topology" | "contacts";
  /** Whether a peer is there at the start; the changes say nothing of it again. */
  startsOn(peer: number): boolean;
  /** Can be gone through once. Contacts that are there at the start are links at 0 ms. */
  readonly changes: Iterable<PresenceChange>;
}
