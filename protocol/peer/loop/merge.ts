/**
 * Stage Merged: robust rule -> blend (task/combine.ts) -> what the log will say of it. The own model is the pivot; nobody is waited for here, and
 * nothing is written.
 *
 * The log names every model that was at hand, in this order: those that went into the rule, sorted by peer id; copies of these, weight 0;
 * those too stale for it, `removed` with weight 0; bodies that were refused. Since staleness is counted from the ages of all, an audit can
 * tell which weights they permit.
 */

import { ruleNamed } from "../../aggregate/registry.ts";
import type { Aggregator, CandidateExplanation } from "../../base/learning-seams.ts";
import { euclideanNorm } from "../../base/norm.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { AggregateBody, Parent, ParentStatus } from "../../log/entry/bodies.ts";
import { combine } from "../../task/combine.ts";
import { type Announced, type Fate, type Merged, merged, type Own, type Weighed } from "../stages.ts";
import type { Sorted } from "./weigh.ts";

export interface MergeComponents {
  readonly task: Task;
  readonly aggregator: Aggregator;
  /** SHA-256 of a parameter vector. */
  readonly hashOf: (params: Float32Array) => Uint8Array;
  /** Whether to say who moved the model. */
  readonly explain: boolean;
  /** Whether an author speaks for another place than that of this peer; left out where there are no places. */
  readonly isOutside?: ((author: PeerId) => boolean) | undefined;
}

export interface MergeInput extends Sorted {
  readonly own: Own;
  /** Whether the others' model is taken in place of the own one (catch-up.ts). */
  readonly catchUp: boolean;
  /** Bodies refused since the last merge. */
  readonly invalid: readonly Announced[];
  /** What the rule draws by, where it draws (log/entry/lot.ts). */
  readonly lot?: Uint8Array;
}

/** Undefined where the rule gave no finite model. */
export async function merge(components: MergeComponents, input: MergeInput): Promise<Merged | undefined> {
  const { task, aggregator, hashOf, explain } = components;
  const outside = input.catchUp ? [] : outsideOf(task, input.eligible, components.isOutside);
  const { own, eligible, copies, stale, distrusted = [], invalid, catchUp, lot } = input;
  const drawnBy = lot && { lot };
  const candidates = eligible.map(({ params, weightQ16, mass = 1, candidate }, i) => {
    const placed = outside.includes(i) && { isOutside: true };
    return { params, weightQ16, mass, age: candidate.announced.age, ...placed };
  });
  const at = { own: own.params, age: own.age, base: own.base };
  const result = await combine(task, aggregator, { ...at, candidates, catchUp, explain, ...drawnBy });
  const { name: rule, params, age, statuses, explanation } = result;
  if (!Number.isFinite(euclideanNorm(params))) return undefined; // cannot happen with finite inputs; never let it spread

  const weighed = [
    ...eligible.map((one, i) => fateOf(one, statuses[i] ?? "used", explanation?.[i])),
    ...copies.map((one) => fateOf({ ...one, weightQ16: 0 }, "duplicate")),
  ];
  const left = stale.map((one) => fateOf({ ...one, weightQ16: 0 }, "removed"));
  const untaken = distrusted.map((one): Fate => {
    return { ...fateOf({ ...one, weightQ16: 0 }, "removed"), removedBy: "own rows" };
  });
  const refused = invalid.map((announced): Fate => ({ announced, weightQ16: 0, status: "invalid" }));
  const body: AggregateBody = {
    own: hashOf(own.params),
    base: hashOf(own.base),
    out: hashOf(params),
    rule,
    age,
    parents: [...weighed, ...left, ...refused].map(parent),
    ...drawnBy,
    ...(outside.length > 0 && { outside }),
  };
  const entry = { type: "aggregate", body } as const;
  return merged(own, eligible, { params, age, rule, entry, fates: [...weighed, ...refused, ...untaken] });
}

/** Which of them speak for other places; none where those of this place are too few for the rule: then all are alike. */
function outsideOf(
  { aggregation: { rule, parameters } }: Task,
  eligible: readonly Weighed[],
  isOutside: MergeComponents["isOutside"] = () => false,
): readonly number[] {
  const outside = [...eligible.keys()].filter((i) => isOutside((eligible[i] as Weighed).candidate.announced.author));
  const isEnough = eligible.length - outside.length >= ruleNamed(rule).quorum(parameters);
  return isEnough ? outside : [];
}

function fateOf(
  { candidate: { announced }, tau, weightQ16 }: Omit<Weighed, "params">,
  status: ParentStatus,
  explanation?: CandidateExplanation,
): Fate {
  return { announced, tau, weightQ16, status, ...(explanation && { explanation }) };
}

function parent({ announced, weightQ16, status }: Fate): Parent {
  return [announced.publicKey, announced.model, announced.age, weightQ16, status];
}
