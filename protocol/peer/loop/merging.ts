/** The end of a cycle: the candidates are weighed, merged, saved and reported; or the peer goes on without a merge. */
import type { Aggregator } from "../../base/learning-seams.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { MergedParent, Reports } from "../reports.ts";
import type { Fate, Merged, Own } from "../stages.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Distrust } from "./distrust.ts";
import type { Judging } from "./judging.ts";
import { merge } from "./merge.ts";
import type { HashOf } from "./params-hash.ts";
import type { Reunion } from "./reunion.ts";
import type { Saving } from "./saving.ts";
import { sortOut, weigh } from "./weigh.ts";

export interface Merging {
  /** Merges the candidates and saves the result. False, and nothing is saved, where they are too few or the peer should wait for more. */
  merge(own: Own, cycle: number): Promise<boolean>;
  /** The cycle ends without a merge. */
  alone(own: Own, cycle: number): Promise<void>;
}

export interface MergingComponents {
  readonly inbound: Inbound;
  readonly aggregator: Aggregator;
  readonly catchUp: CatchUp;
  readonly distrust: Pick<Distrust, "without">;
  readonly reunion: Pick<Reunion, "met">;
  readonly saving: Saving;
  readonly reports: Reports;
  /** Left out where nobody is preferred for what its models are worth. */
  readonly judging?: Judging | undefined;
}

export interface MergingOptions {
  readonly task: Task;
  readonly hashOf: HashOf;
  /** Whether to say who moved the model. */
  readonly explain: boolean;
  /** Whether an author speaks for another place than that of this peer; left out where there are no places. */
  readonly isOutside?: ((author: PeerId) => boolean) | undefined;
  /** What the rule draws by; left out where it draws nothing, or nothing is signed. */
  readonly lotOf: ((own: Own) => Uint8Array) | undefined;
}

export function createMerging(components: MergingComponents, options: MergingOptions): Merging {
  const { inbound, saving, reports } = components;
  return {
    merge: (own, cycle) => mergeInbox(components, options, own, cycle),
    async alone(own, cycle) {
      const { quorum } = options.task.aggregation;
      const candidates = inbound.fresh(); // counted before the save: models that arrive during it belong to the next cycle
      await saving.alone(own, cycle);
      reports.tell({ kind: "alone", cycle, candidates, quorum });
    },
  };
}

async function mergeInbox(
  { inbound, aggregator, catchUp, distrust, reunion, saving, reports, judging }: MergingComponents,
  { task, hashOf, explain, isOutside, lotOf }: MergingOptions,
  own: Own,
  cycle: number,
): Promise<boolean> {
  const { cutoff } = task.staleness;
  const taken = inbound.take();
  const sorted = sortOut(weigh(task, taken.candidates, own.age, cycle), cutoff);
  if (sorted.eligible.length < task.aggregation.quorum) return false;
  const start = await catchUp.begin(own, sorted, cycle);
  if (start === "wait") return false;
  const parents = start ?? (await distrust.without(own, sorted, cycle));
  await judging?.look(own, taken.candidates, cycle);
  const lot = lotOf && { lot: lotOf(own) };
  const input = { own, ...parents, catchUp: start !== undefined, invalid: taken.invalid, ...lot };
  const merged = await merge({ task, aggregator, hashOf, explain, isOutside }, input);
  if (merged === undefined) return false;
  if (start === undefined) await reunion.met(own, sorted.eligible, cycle);
  await saving.merged(merged, cycle);
  catchUp.done();
  inbound.merged(taken, ({ announced }) => cycle - announced.firstSeenCycle < cutoff);
  report(reports, merged, cycle);
  return true;
}

function report({ counters, tell }: Reports, { rule, age, fates, inputs }: Merged, cycle: number): void {
  for (const { status } of fates) counters[status]++;
  counters.merges++;
  const parents = fates.flatMap((fate) => told(fate) ?? []);
  tell({ kind: "merged", cycle, rule, candidates: inputs.length, age, parents });
}

function told({ announced, tau, weightQ16, status, explanation, removedBy }: Fate): MergedParent | undefined {
  if (tau === undefined) return undefined; // a refused body: reported when it was refused
  const parent = { peer: announced.author, tau, weightQ16, status };
  return { ...parent, ...(explanation && { explanation }), ...(removedBy && { removedBy }) };
}
