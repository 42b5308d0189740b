/**
 * The merge: staleness weights -> robust rule -> blend (combine.ts) -> log. Own model is the pivot; nobody is waited for here.
 *
 * The log names every model that was at hand, in this order: those that went into the rule, sorted by peer id; copies of these, weight 0;
 * those too stale for it, `removed` with weight 0; bodies that were refused. Since staleness is counted from the ages of all, an audit can
 * tell which weights they permit.
 */

import { drawsLots } from "../aggregate/registry.ts";
import { bytesOf, equalBytes } from "../bytes.ts";
import { combine } from "../combine.ts";
import type { AggregateBody, Parent, ParentStatus } from "../log/bodies.ts";
import { lotOf } from "../log/lot.ts";
import type { ArchivedBlob, CandidateExplanation, RuleCandidate, StoreChange } from "../seams.ts";
import { eligible as isEligible, lagReference, staleness, stalenessWeightQ16 } from "../staleness.ts";
import type { BlobShelf } from "./blobs.ts";
import { createCatchUp } from "./catch-up.ts";
import type { MergedParent, PeerContext } from "./context.ts";
import { type MergeToRemember, rememberMerge } from "./history.ts";
import type { Inbound, Taken } from "./inbound.ts";
import type { Candidate } from "./inbox.ts";
import type { ModelState, Trained } from "./outbound.ts";
import { euclideanNorm } from "./validate.ts";

interface Weighted extends Candidate, RuleCandidate {
  readonly tau: number;
}

/** What became of one model of another peer. */
interface Fate extends Pick<Candidate, "announced"> {
  readonly weightQ16: number;
  readonly status: ParentStatus;
  readonly explanation?: CandidateExplanation;
}

interface Ready {
  readonly eligible: readonly Weighted[];
  readonly copies: readonly Weighted[];
  readonly stale: readonly Weighted[];
  readonly catchUp: boolean;
}

export interface Merger {
  /**
   * Merges what the inbox holds into `trained`; undefined where the rule had too few candidates.
   * `persist` turns the outcome into store changes that are written with the log entry, in one batch.
   */
  merge(
    trained: Trained,
    cycle: number,
    persist: (state: ModelState) => StoreChange[],
  ): Promise<ModelState | undefined>;
}

/** @param signs whether the lots of rules that draw are signed (lot.ts): nobody else can know them before the merge is made. */
export function createMerger(context: PeerContext, inbound: Inbound, shelf: BlobShelf, signs: boolean): Merger {
  const { task, counters, hashOf } = context;
  const lots = signs && drawsLots(task.aggregation.rule);
  const start = createCatchUp(context);

  function weigh(candidates: readonly Candidate[], ownAge: number, cycle: number): Weighted[] {
    const referenceAge = lagReference(
      ownAge,
      candidates.map(({ announced }) => announced.age),
    );
    return candidates.map((candidate) => {
      const { age, firstSeenCycle } = candidate.announced;
      const tau = staleness({
        referenceAge,
        theirAge: age,
        meanStepsPerCycle: task.training.steps,
        cyclesSinceFirstSeen: cycle - firstSeenCycle,
        cutoff: task.staleness.cutoff,
      });
      return { ...candidate, tau, weightQ16: stalenessWeightQ16(tau, task.staleness) };
    });
  }

  /** Runs the rule over the candidates; on the models and ages that the log will name. */
  function combineWith(trained: Trained, eligible: readonly Weighted[], catchUp: boolean, lot?: Uint8Array) {
    const candidates = eligible.map(({ params, weightQ16, announced: { age } }) => ({ params, weightQ16, age }));
    const { params: own, age, base } = trained;
    const { explain } = context;
    return combine(task, context.aggregator, { own, age, base, candidates, catchUp, explain, ...(lot && { lot }) });
  }

  /** What an audit of a merge needs of this peer: the body that it published (of before, where training diverged), and the base. */
  function ownFor(base: Float32Array, hash: Uint8Array): ArchivedBlob[] {
    const published = shelf.latest();
    return [...(published === undefined ? [] : [published]), { hash, bytes: bytesOf(base) }];
  }

  /** What goes into the rule, and what is named beside it; undefined where it is too little, or more should be waited for. */
  async function readyFrom(taken: Taken, trained: Trained, cycle: number): Promise<Ready | undefined> {
    const all = weigh(taken.candidates, trained.age, cycle);
    const isYoung = ({ tau }: Weighted) => isEligible(tau, task.staleness.cutoff);
    const { kept, copies } = dropCopies(all.filter(isYoung)); // a copy under an old age must not stand for all
    if (kept.length < task.aggregation.quorum) return undefined;
    const begun = await start.begin(trained, kept);
    if (begun.kind === "wait") return undefined;
    if (begun.kind === "merge")
      return { eligible: kept, copies, stale: all.filter((one) => !isYoung(one)), catchUp: false };
    const eligible = weigh(begun.candidates, trained.age, cycle);
    return { eligible, copies: copies.filter((copy) => isAmong(copy, eligible)), stale: [], catchUp: true };
  }

  async function merge(
    trained: Trained,
    cycle: number,
    persist: (state: ModelState) => StoreChange[],
  ): Promise<ModelState | undefined> {
    const taken = inbound.take();
    const ready = await readyFrom(taken, trained, cycle);
    if (ready === undefined) return undefined;
    const { eligible, stale, copies, catchUp } = ready;
    const own = hashOf(trained.params);
    const lot = lots ? lotOf(context.log.logId, own, context.identity) : undefined;
    const { name, params, age, statuses, explanation } = await combineWith(trained, eligible, catchUp, lot);
    if (!Number.isFinite(euclideanNorm(params))) return undefined; // cannot happen with finite inputs; never let it spread
    const merged = { params, age };

    const weighed = [
      ...eligible.map((candidate, i) => fateOf(candidate, statuses[i] ?? "used", explanation?.[i])),
      ...copies.map((candidate) => fateOf({ ...candidate, weightQ16: 0 }, "duplicate")),
    ];
    const invalid = taken.invalid.map((announced) => fateOf({ announced, weightQ16: 0 }, "invalid"));
    const fates: readonly Fate[] = [...weighed, ...invalid];
    const base = hashOf(trained.base);
    const left = stale.map(({ announced }) => fateOf({ announced, weightQ16: 0 }, "removed"));
    const parents = [...weighed, ...left, ...invalid].map(parent);
    const body: AggregateBody = { own, base, out: hashOf(params), rule: name, age, parents, ...(lot && { lot }) };
    const remember = () => rememberMerge({ cycle, tsMs: context.clock.now(), rule: name, parents: fates.map(memory) });
    const changes = [...persist(merged), ...(context.explain ? [remember()] : [])];
    await context.log.append([{ type: "aggregate", body }], changes);
    void context.archive?.put(ownFor(trained.base, base), eligible.map(input));
    for (const { status } of fates) counters[status]++;
    counters.merges++;
    start.done();
    inbound.merged(taken, ({ announced }) => cycle - announced.firstSeenCycle < task.staleness.cutoff);
    context.observe?.({
      kind: "merged",
      cycle,
      rule: name,
      candidates: eligible.length,
      age,
      parents: weighed.map(told),
    });
    return merged;
  }

  return { merge };
}

/** One candidate a model: the same body under several names counts once, under the first name. */
function dropCopies(candidates: readonly Weighted[]): { kept: Weighted[]; copies: Weighted[] } {
  const kept: Weighted[] = [];
  const copies: Weighted[] = [];
  for (const candidate of candidates) {
    (isAmong(candidate, kept) ? copies : kept).push(candidate);
  }
  return { kept, copies };
}

function isAmong({ announced: { model } }: Candidate, others: readonly Candidate[]): boolean {
  return others.some(({ announced }) => equalBytes(announced.model, model));
}

function fateOf<C extends Pick<Fate, "announced" | "weightQ16">>(
  candidate: C,
  status: ParentStatus,
  explanation?: CandidateExplanation,
): C & Fate {
  return { ...candidate, status, ...(explanation && { explanation }) };
}

function told({ announced, tau, weightQ16, status, explanation }: Weighted & Fate): MergedParent {
  return { peer: announced.author, tau, weightQ16, status, ...(explanation && { explanation }) };
}

function parent({ announced, weightQ16, status }: Fate): Parent {
  return [announced.publicKey, announced.model, announced.age, weightQ16, status];
}

function input({ announced, body }: Candidate): ArchivedBlob {
  return { hash: announced.model, bytes: body };
}

function memory({ announced, status, explanation }: Fate): MergeToRemember["parents"][number] {
  return { publicKey: announced.publicKey, status, influence: 0, ...explanation };
}
