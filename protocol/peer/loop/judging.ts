/**
 * What the models of a merge are worth to this peer, where the owner prefers authors by that (../../select/): each is looked at once, on a few own rows, before it is merged, and
 * compared with those that are there with it. What comes of it stands in the record of its author, and is told to nobody.
 *
 * Rows of the hold-out, where there is one; else of those that are trained on, which say less of the own model, but of models of others the same. While a training is
 * under way its trainer has no time to look. A trainer that does not answer is asked again at the next merge.
 */
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Split, Trainer } from "../../base/learning-seams.ts";
import type { StoreChange } from "../../base/seams.ts";
import { type Task, termsOf } from "../../base/task.ts";
import { SELECTORS } from "../../select/registry.ts";
import { ranksOf } from "../../select/reputation.ts";
import type { Judge, Selection, Selector } from "../../select/selector.ts";
import { openReputations, type ReputationComponents, type Reputations } from "../memory/reputations.ts";
import type { Candidate, Own } from "../stages.ts";

export interface Judging {
  /** Looks at those of the candidates of a merge that were not looked at before. */
  look(own: Own, candidates: readonly Candidate[], cycle: number): Promise<void>;
  /** Judgements that are not on disk yet. */
  takeChanges(): StoreChange[];
}

export interface JudgingComponents {
  readonly trainer: Pick<Trainer, "evaluate">;
  readonly reputations: Reputations;
}

/** A policy that looks at models. */
export type JudgingSelector = Required<Pick<Selector, "name" | "judges" | "worthOf">>;

/**
 * The policy that a peer's owner asks for, where it goes with the task. Whose models are pulled shows in what a peer publishes: a privacy budget that counts trainings alone covers no choice
 * by losses on the rows that it protects.
 * @throws HearsayError ERR_CONFIG
 */
export function selectorFor(selection: Selection | undefined, task: Task): Selector | undefined {
  const selector = selection && SELECTORS.get(selection.by);
  if (selector?.judges === undefined || termsOf(task) === undefined) return selector;
  const others = [...SELECTORS.values()].filter(({ judges }) => judges === undefined).map(({ name }) => name);
  const message = `select.by: ${selector.name} lets losses on own rows decide whose models are pulled, which the task's privacy budget does not cover; choose one of ${others.join(", ")}`;
  throw new HearsayError("ERR_CONFIG", message, { path: "select.by" });
}

/** As the policy of a peer's owner judges, which goes on from what is stored; undefined where it looks at no model. @throws HearsayError ERR_CONFIG as `selectorFor`. */
export async function openJudging(
  components: ReputationComponents & Pick<JudgingComponents, "trainer">,
  selection: Selection | undefined,
  task: Task,
): Promise<Judging | undefined> {
  const { name, judges, worthOf } = selectorFor(selection, task) ?? {};
  if (name === undefined || judges === undefined || worthOf === undefined) return undefined;
  const reputations = await openReputations(components, name);
  return createJudging({ trainer: components.trainer, reputations }, { name, judges, worthOf });
}

export function createJudging(
  { trainer, reputations }: JudgingComponents,
  { judges, worthOf }: JudgingSelector,
): Judging {
  const lossOn = createOwnLoss(trainer);
  /** The higher the better; of models that may be held for some cycles. */
  const figures = new WeakMap<Candidate, number>();
  return {
    takeChanges: reputations.takeChanges,
    async look(own, candidates, cycle) {
      if (own.kind === "untrained") return;
      const fresh = candidates.filter((candidate) => !figures.has(candidate));
      const ownLoss = judges === "gain" && fresh.length > 0 ? await lossOn(own.params) : 0;
      if (ownLoss === undefined) return;
      for (const candidate of fresh) {
        const loss = await lossOn(judgedParams(judges, own.params, candidate.params));
        if (loss === undefined) return;
        figures.set(candidate, ownLoss - loss);
      }
      const ranks = ranksOf(candidates.map((candidate) => figures.get(candidate) as number));
      if (candidates.length < 2) return;
      for (const [i, candidate] of candidates.entries())
        if (fresh.includes(candidate))
          reputations.learn(candidate.announced.author, worthOf(ranks[i] as number), cycle);
    },
  };
}

function judgedParams(judges: Judge, own: Float32Array, theirs: Float32Array): Float32Array {
  if (judges === "loss") return theirs;
  return own.map((value, i) => (value + (theirs[i] as number)) / 2);
}

/** Mean loss on a few own rows: infinite where it is no number; undefined where the trainer does not answer now. */
function createOwnLoss({ evaluate }: Pick<Trainer, "evaluate">): (params: Float32Array) => Promise<number | undefined> {
  let split: Split = "holdout-sample";
  const lossOn = async (params: Float32Array): Promise<number | undefined> => {
    try {
      const { loss } = await evaluate(params, split);
      return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
    } catch (error) {
      if (isHearsayError(error, "ERR_DATA") && split === "holdout-sample") {
        split = "sample";
        return lossOn(params);
      }
      if (isHearsayError(error, "ERR_TRAINER") || isHearsayError(error, "ERR_DATA")) return undefined;
      throw error;
    }
  };
  return lossOn;
}
