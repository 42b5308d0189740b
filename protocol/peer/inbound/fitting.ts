/**
 * Whom a plan lets be drawn. A merge drops models that are too old for it (loop/weigh.ts), and under a budget of bytes it has none to spare: of three that are pulled, one that is
 * dropped is one too few for a quorum of three, and all bytes of that merge are lost. Ages are announced. So authors come first whose models can go into one
 * merge with those that are at hand.
 *
 * Where slow peers learn beside fast ones ages differ much: a fifth of all merges came to nothing without this (1 MB a day, beside liars that
 * train fifteen times as often, sim/results/budget.md). A liar that says an age which fits gains no more than it does where others are dropped.
 */
import { lagReference } from "../../aggregate/staleness.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { InboundState } from "./inbound-state.ts";

/** Of these authors those that a merge could take beside the members of the committee; all where there are none, or nothing is planned with. */
export function fitting(state: InboundState, authors: readonly PeerId[]): readonly PeerId[] {
  const { committee, task, plannedAge } = state;
  if (plannedAge === undefined) return authors;
  const members = committee.members().flatMap((member) => ageOf(state, member) ?? []);
  const taken = numTaken(task, plannedAge, members);
  const fit = authors.filter((author) => {
    const age = ageOf(state, author);
    return age !== undefined && numTaken(task, plannedAge, [...members, age]) > taken;
  });
  return fit.length > 0 ? fit : authors;
}

/** How many models of these ages a merge takes. */
function numTaken({ training, staleness }: Task, ownAge: number, ages: readonly number[]): number {
  const reference = lagReference(ownAge, ages);
  return ages.filter((age) => (reference - age) / training.steps <= staleness.cutoff).length;
}

/** Of the model that will be at hand: the newest, or the one that is held where that was merged or cannot be had. */
function ageOf({ book, inbox }: InboundState, author: PeerId): number | undefined {
  const newest = book.isGivenUp(author) ? undefined : book.newest(author);
  return (newest ?? inbox.get(author)?.announced)?.age;
}
