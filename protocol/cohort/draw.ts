/**
 * Who meets whom: a draw that everybody makes alike from the offers of an epoch, and that a member checks against what it has heard itself.
 *
 * The offers stand on a ring, by their lots (offers.ts), and neighbours on the ring make a cohort. So a cohort is drawn by the lots of all, and nobody chooses his own. The
 * first of a run convenes it. What peers heard may differ, so a member does not insist on the very cohort that it would have drawn: it joins where each other member is
 * among the `reach` offers on either side of its own. A coordinator that leaves out or brings in whom it likes can choose only among those, whose lots it could
 * not choose.
 *
 * A maker of many keys cannot aim them: lots of a chain whose first link nobody has heard in an earlier epoch count for nothing. It has the share of the draws that its
 * offers have of all.
 */
import { compareBytes, keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Offer } from "./offers.ts";

/** An offer with its lot. */
export interface Drawn {
  readonly offer: Offer;
  readonly lot: number;
}

export interface CohortSize {
  /** Members that are meant to meet. */
  readonly size: number;
  /** Fewest. */
  readonly minimum: number;
}

const RING = 2 ** 48;

function byLot(a: Drawn, b: Drawn): number {
  return a.lot - b.lot || compareBytes(a.offer.publicKey, b.offer.publicKey);
}

/** The cohorts of an epoch, each in the order of its lots: of `size` or a few more, where all can meet so. Fewer than `size` are left over. */
export function cohortsOf(offers: readonly Drawn[], { size, minimum }: CohortSize): Drawn[][] {
  const ring = offers.toSorted(byLot);
  const few = Math.max(1, Math.floor(ring.length / size));
  const many = Math.max(few, Math.ceil(ring.length / LIMITS.maxCohort)); // so that nobody is too many
  const count = Math.floor(ring.length / many) >= minimum ? many : few;
  const startOf = (i: number) => Math.floor((i * ring.length) / count);
  const runs = Array.from({ length: count }, (_, i) =>
    ring.slice(startOf(i), startOf(i + 1)).slice(0, LIMITS.maxCohort),
  );
  return runs.filter((run) => run.length >= minimum);
}

/** How many offers on either side of its own a member takes for its neighbours: twice those of the cohort, since others may have heard of some more. */
export function reachOf({ size }: CohortSize): number {
  return 2 * (size - 1);
}

/** Whether a member may join these: all of them are near it on the ring of what it has heard, and in no other place than it has heard. */
export function isNear(own: Drawn, others: readonly Drawn[], heard: readonly Drawn[], reach: number): boolean {
  const known = new Map(heard.map(({ offer, lot }) => [keyOf(offer.publicKey), lot]));
  if (others.some(({ offer, lot }) => known.get(keyOf(offer.publicKey)) !== lot)) return false;
  const lots = heard
    .filter(({ offer }) => compareBytes(offer.publicKey, own.offer.publicKey) !== 0)
    .map(({ lot }) => lot);
  const after = (lot: number) => (lot - own.lot + RING) % RING;
  const sorted = lots.toSorted((a, b) => after(a) - after(b));
  const near = new Set([...sorted.slice(0, reach), ...sorted.slice(-reach)]);
  return others.every(({ lot }) => near.has(lot));
}
