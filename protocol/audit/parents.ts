/**
 * The parents of an `aggregate` entry against the task and their own ages: which of them the rule must have seen, and whether their
 * weights can be what staleness gives.
 *
 *     order      candidates (weight above 0), copies (`duplicate`, 0), too stale (`removed`, 0), `invalid` (0);
 *                each but the last sorted by peer id, and no identity twice in the first three
 *     number     at least the quorum of candidates; candidates, copies and stale ones no more than an inbox holds
 *     model      none twice among candidates; that of a copy is a candidate's
 *     outside    where the task has gateways, some of the candidates speak for other places, and the others are enough for the rule
 *     weight     that of tau = max(lag, n) for some whole number n of own cycles, n and lag up to the cut-off; lag is counted from
 *                the ages of the first three (aggregate/staleness.ts)
 *
 * The own cycles since a model was first heard of are in no log: a peer can weigh a model less than it should, never more.
 */

import { ruleNamed } from "../aggregate/registry.ts";
import { eligible, lagReference, staleness, stalenessWeightQ16 } from "../aggregate/staleness.ts";
import { compareBytes, equalBytes } from "../base/bytes.ts";
import type { Task } from "../base/task.ts";
import type { AggregateBody, Parent, ParentStatus } from "../log/entry/bodies.ts";

/** A parent that went into the rule. */
export interface LoggedCandidate {
  readonly model: Uint8Array;
  readonly age: number;
  readonly weightQ16: number;
  readonly status: ParentStatus;
  /** Whether it spoke for another place. */
  readonly isOutside?: true;
}

/** The candidates in their order, or a sentence that says why no honest peer writes such parents. */
export function candidatesOf(
  { parents, outside = [] }: Pick<AggregateBody, "parents" | "outside">,
  ownAge: number,
  task: Task,
): readonly LoggedCandidate[] | string {
  const { quorum, inboxSize, memory } = task.aggregation;
  const rows = parents.map(read);
  if (rows.some(({ section }) => section === undefined)) return "a parent's status and weight contradict each other";
  const weighed = rows.filter(({ section }) => section !== "invalid");
  const disorder = rows.some((row, i) => i > 0 && !mayFollow(rows[i - 1] as Row, row));
  const identities = [...weighed].sort((a, b) => compareBytes(a.peer, b.peer));
  const twice = identities.some((row, i) => i > 0 && equalBytes(row.peer, (identities[i - 1] as Row).peer));
  if (disorder || twice) return "its parents are out of order, or one stands there twice";
  if (weighed.length > Math.max(inboxSize, memory)) return "more models than an inbox holds";
  const candidates = rows.filter(({ section }) => section === "candidate");
  if (candidates.length < quorum) return `${candidates.length} candidates, fewer than the quorum of ${quorum}`;
  const models = [...candidates].sort((a, b) => compareBytes(a.model, b.model));
  if (models.some((row, i) => i > 0 && equalBytes(row.model, (models[i - 1] as Row).model)))
    return "one model is counted twice";
  const isCopy = ({ model }: Row) => candidates.some((candidate) => equalBytes(candidate.model, model));
  if (rows.some((row) => row.section === "copy" && !isCopy(row))) return "a duplicate of no candidate";
  const ages = weighed.map(({ age }) => age);
  const referenceAge = lagReference(ownAge, ages);
  const overweight = candidates.find(({ age, weightQ16 }) => !canWeigh(weightQ16, age, referenceAge, task));
  if (overweight !== undefined)
    return `weight ${overweight.weightQ16} is not what staleness gives to a model of age ${overweight.age}`;
  if (outside.length === 0) return candidates;
  const far = outside.at(-1) as number; // they ascend, and candidates stand first
  if (task.aggregation.gateways !== true || far >= candidates.length)
    return "parents of other places, where there are no places or no such parents";
  const { rule, parameters } = task.aggregation;
  if (candidates.length - outside.length < ruleNamed(rule).quorum(parameters))
    return "too few parents of its own place for the rule";
  return candidates.map((row, i) => (outside.includes(i) ? { ...row, isOutside: true } : row));
}

type Section = "candidate" | "copy" | "stale" | "invalid";

const SECTIONS: readonly (Section | undefined)[] = ["candidate", "copy", "stale", "invalid"];

interface Row extends LoggedCandidate {
  readonly peer: Uint8Array;
  readonly section: Section | undefined;
}

function read([peer, model, age, weightQ16, status]: Parent): Row {
  return { peer, model, age, weightQ16, status, section: sectionOf(weightQ16, status) };
}

function sectionOf(weightQ16: number, status: ParentStatus): Section | undefined {
  if (weightQ16 > 0) return status === "invalid" ? undefined : "candidate";
  const sections: Partial<Record<ParentStatus, Section>> = { duplicate: "copy", removed: "stale", invalid: "invalid" };
  return sections[status];
}

/** Keys are compared in place of peer ids, which are the same bytes behind an equal beginning, in digits of ascending code. */
function mayFollow(before: Row, row: Row): boolean {
  if (before.section !== row.section) return SECTIONS.indexOf(before.section) < SECTIONS.indexOf(row.section);
  return row.section === "invalid" || compareBytes(before.peer, row.peer) < 0;
}

/** Whether some whole number of own cycles gives this weight; weights never grow with it, so the number is found by bisection. */
function canWeigh(weightQ16: number, theirAge: number, referenceAge: number, task: Task): boolean {
  const { cutoff } = task.staleness;
  const tau = (cyclesSinceFirstSeen: number) =>
    staleness({ referenceAge, theirAge, meanStepsPerCycle: task.training.steps, cyclesSinceFirstSeen, cutoff });
  if (!eligible(tau(0), cutoff)) return false;
  const weight = (cycles: number) => stalenessWeightQ16(tau(cycles), task.staleness);
  let [low, high] = [0, Math.floor(cutoff)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (weight(middle) > weightQ16) low = middle + 1;
    else high = middle;
  }
  return weight(low) === weightQ16;
}
