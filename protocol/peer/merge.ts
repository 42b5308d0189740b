/**
 * The merge: staleness weights -> robust rule -> blend -> log. Own model is the pivot; nobody is waited for here.
 *
 * `catch-up`: a peer that has merged nothing since it started, and is more than the staleness cut-off behind the lower median
 * of its candidates, takes the coordinate median of (at least three of) them and that age, instead of pulling its own old
 * model along.
 */
import { equalBytes } from "../bytes.ts";
import type { AggregateBody, ParentStatus } from "../log/bodies.ts";
import type { RuleCandidate, StoreChange } from "../seams.ts";
import {
  eligible as isEligible,
  lagReference,
  lowerMedian,
  mergeAges,
  staleness,
  stalenessWeightQ16,
} from "../staleness.ts";
import type { MergedParent, PeerContext } from "./context.ts";
import type { Inbound } from "./inbound.ts";
import type { Candidate } from "./inbox.ts";
import type { ModelState, Trained } from "./outbound.ts";
import { euclideanNorm } from "./validate.ts";

/** Fewest models from which a late joiner starts. */
const CATCH_UP_CANDIDATES = 3;

interface Weighted extends Candidate, RuleCandidate {
  readonly tau: number;
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

  async function combine(
    trained: Trained,
    candidates: readonly Weighted[],
  ): Promise<{ name: string; output: Float32Array; age: number; statuses: readonly ParentStatus[] }> {
    const [first, ...rest] = candidates;
    const theirAge = lowerMedian(candidates.map(({ announced }) => announced.age));
    const lagging = theirAge - trained.age > task.staleness.cutoff * task.training.steps;
    if (first !== undefined && !mergedSinceStart && lagging && candidates.length >= CATCH_UP_CANDIDATES) {
      const { params } = await context.aggregator.aggregate("median", {}, { own: first.params, candidates: rest });
      return { name: "catch-up", output: params, age: theirAge, statuses: candidates.map(() => "used") };
    }
    const input = { own: trained.params, base: trained.base, candidates, age: trained.age };
    const { params, statuses } = await context.aggregator.aggregate(rule, parameters, input);
    const claimed = candidates.map(({ announced, weightQ16 }) => ({ age: announced.age, weightQ16 }));
    const age = mergeAges(trained.age, claimed);
    return { name: rule, output: blendInto(trained.params, params, blend), age, statuses };
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

    const { name, output, age, statuses } = await combine(trained, eligible);
    if (!Number.isFinite(euclideanNorm(output))) return undefined; // cannot happen with finite inputs; never let it spread
    const merged = { params: output, age };

    const body: AggregateBody = {
      own: hashOf(trained.params),
      base: hashOf(trained.base),
      out: hashOf(output),
      rule: name,
      age: merged.age,
      parents: [
        ...eligible.map((candidate, i) => parent(candidate, candidate.weightQ16, statuses[i] ?? "used")),
        ...copies.map((candidate) => parent(candidate, 0, "duplicate")),
        ...taken.invalid.map((announced) => parent({ announced }, 0, "invalid")),
      ],
    };
    await context.log.append([{ type: "aggregate", body }], persist(merged));
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
      parents: [
        ...eligible.map((candidate, i) => told(candidate, candidate.weightQ16, statuses[i] ?? "used")),
        ...copies.map((candidate) => told(candidate, 0, "duplicate")),
      ],
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

function told({ announced, tau }: Weighted, weightQ16: number, status: ParentStatus): MergedParent {
  return { peer: announced.author, tau, weightQ16, status };
}

function parent(
  { announced }: Pick<Candidate, "announced">,
  weightQ16: number,
  status: ParentStatus,
): AggregateBody["parents"][number] {
  return [announced.publicKey, announced.model, announced.age, weightQ16, status];
}
