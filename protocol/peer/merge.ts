/**
 * The merge: staleness weights -> robust rule -> blend -> log. Own model is the pivot; nobody is waited for here.
 *
 * `catch-up`: a peer that has merged nothing since it started, and is more than the staleness cut-off behind the lower median
 * of its candidates, takes the coordinate median of (at least three of) them and that age, instead of pulling its own old
 * model along.
 */
import { equalBytes } from "../bytes.ts";
import type { AggregateBody, Parent, ParentStatus } from "../log/bodies.ts";
import type { CandidateExplanation, RuleCandidate, StoreChange } from "../seams.ts";
import {
  eligible as isEligible,
  lagReference,
  lowerMedian,
  mergeAges,
  staleness,
  stalenessWeightQ16,
} from "../staleness.ts";
import type { MergedParent, PeerContext } from "./context.ts";
import { type MergeToRemember, rememberMerge } from "./history.ts";
import type { Inbound } from "./inbound.ts";
import type { Candidate } from "./inbox.ts";
import type { ModelState, Trained } from "./outbound.ts";
import { euclideanNorm } from "./validate.ts";

/** Fewest models from which a late joiner starts. */
const CATCH_UP_CANDIDATES = 3;

interface Weighted extends Candidate, RuleCandidate {
  readonly tau: number;
}

/** What came of the candidates that went into the rule. */
interface Combined {
  /** Of the rule, as the log has it. */
  readonly name: string;
  readonly output: Float32Array;
  readonly age: number;
  readonly statuses: readonly ParentStatus[];
  readonly explanation?: readonly CandidateExplanation[];
}

/** What became of one model of another peer. */
interface Fate extends Pick<Candidate, "announced"> {
  readonly weightQ16: number;
  readonly status: ParentStatus;
  readonly explanation?: CandidateExplanation;
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

export function createMerger(context: PeerContext, inbound: Inbound): Merger {
  const { task, counters, hashOf } = context;
  const { rule, parameters, blend } = task.aggregation;
  let mergedSinceStart = false;

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

  async function combine(trained: Trained, candidates: readonly Weighted[]): Promise<Combined> {
    const { explain } = context;
    const [first, ...rest] = candidates;
    const theirAge = lowerMedian(candidates.map(({ announced }) => announced.age));
    const lagging = theirAge - trained.age > task.staleness.cutoff * task.training.steps;
    if (first !== undefined && !mergedSinceStart && lagging && candidates.length >= CATCH_UP_CANDIDATES) {
      const input = { own: first.params, candidates: rest, explain };
      const { params, explanation } = await context.aggregator.aggregate("median", {}, input);
      const statuses = candidates.map(() => "used" as const);
      const told = explanation && explainCatchUp(explanation);
      return { name: "catch-up", output: params, age: theirAge, statuses, ...(told && { explanation: told }) };
    }
    const input = { own: trained.params, base: trained.base, candidates, age: trained.age, explain };
    const { params, statuses, explanation } = await context.aggregator.aggregate(rule, parameters, input);
    const claimed = candidates.map(({ announced, weightQ16 }) => ({ age: announced.age, weightQ16 }));
    const age = mergeAges(trained.age, claimed);
    const output = blendInto(trained.params, params, blend);
    const blended = explanation?.map((one) => ({ ...one, influence: one.influence * blend }));
    return { name: rule, output, age, statuses, ...(blended && { explanation: blended }) };
  }

  async function merge(
    trained: Trained,
    cycle: number,
    persist: (state: ModelState) => StoreChange[],
  ): Promise<ModelState | undefined> {
    const taken = inbound.take();
    const young = weigh(taken.candidates, trained.age, cycle).filter(({ tau }) =>
      isEligible(tau, task.staleness.cutoff),
    );
    const { kept: eligible, copies } = dropCopies(young); // of the young ones: a copy under an old age must not stand for all
    if (eligible.length < task.aggregation.quorum) return undefined;

    const { name, output, age, statuses, explanation } = await combine(trained, eligible);
    if (!Number.isFinite(euclideanNorm(output))) return undefined; // cannot happen with finite inputs; never let it spread
    const merged = { params: output, age };

    const weighed = [
      ...eligible.map((candidate, i) => fateOf(candidate, statuses[i] ?? "used", explanation?.[i])),
      ...copies.map((candidate) => fateOf({ ...candidate, weightQ16: 0 }, "duplicate")),
    ];
    const fates: readonly Fate[] = [
      ...weighed,
      ...taken.invalid.map((announced) => fateOf({ announced, weightQ16: 0 }, "invalid")),
    ];
    const body: AggregateBody = {
      own: hashOf(trained.params),
      base: hashOf(trained.base),
      out: hashOf(output),
      rule: name,
      age: merged.age,
      parents: fates.map(parent),
    };
    const remember = () => rememberMerge({ cycle, tsMs: context.clock.now(), rule: name, parents: fates.map(memory) });
    const changes = [...persist(merged), ...(context.explain ? [remember()] : [])];
    await context.log.append([{ type: "aggregate", body }], changes);
    for (const [, , , , status] of body.parents) counters[status]++;
    counters.merges++;
    mergedSinceStart = true;
    inbound.merged(taken, ({ announced }) => cycle - announced.firstSeenCycle < task.staleness.cutoff);
    context.observe?.({
      kind: "merged",
      cycle,
      rule: name,
      candidates: eligible.length,
      age: merged.age,
      parents: weighed.map(told),
    });
    return merged;
  }

  return { merge };
}

/** own + blend (y - own) in float32; y itself where blend is 1, to the bit. */
function blendInto(own: Float32Array, y: Float32Array, blend: number): Float32Array {
  if (blend === 1) return y;
  return own.map((value, i) => value + blend * ((y[i] as number) - value));
}

/** One candidate a model: the same body under several names counts once, under the first name. */
function dropCopies(candidates: readonly Weighted[]): { kept: Weighted[]; copies: Weighted[] } {
  const kept: Weighted[] = [];
  const copies: Weighted[] = [];
  for (const candidate of candidates) {
    const copy = kept.some(({ announced }) => equalBytes(announced.model, candidate.announced.model));
    (copy ? copies : kept).push(candidate);
  }
  return { kept, copies };
}

/** The first candidate stood in for the own model, which has no part in the result: distances are from that one. */
function explainCatchUp(rest: readonly CandidateExplanation[]): CandidateExplanation[] {
  const others = rest.reduce((sum, { influence }) => sum + influence, 0);
  return [{ distance: 0, influence: Math.max(0, 1 - others) }, ...rest];
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

function memory({ announced, status, explanation }: Fate): MergeToRemember["parents"][number] {
  return { publicKey: announced.publicKey, status, influence: 0, ...explanation };
}
