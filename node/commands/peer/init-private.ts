/** The privacy of a new task: dp-sgd under a budget, with what it comes to for the data at hand. */
import type { Document } from "yaml";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatNumber } from "../../../protocol/base/figures.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import { deltaFor, planFor } from "../../../protocol/privacy/plan.ts";
import { comment } from "../../task-document.ts";

/** Where --epsilon is left out: what many who publish statistics call the most that still means something. */
const EPSILON = 8;
const EPOCHS = 20;

/** Writes `privacy` into the document. @throws HearsayError ERR_CONFIG for an epsilon that is none. */
export function addPrivacy(document: Document, epsilonText: string | undefined, rows: number | undefined): void {
  const epsilon = epsilonText === undefined ? EPSILON : Number(epsilonText);
  if (!(epsilon > 0 && epsilon <= 1000))
    throw new HearsayError("ERR_CONFIG", `--epsilon ${epsilonText}: give a number above 0, at most 1,000`);
  const privacy = {
    mechanism: "dp-sgd",
    clipNorm: 1,
    targetEpsilon: epsilon,
    epochs: EPOCHS,
    delta: deltaFor(rows ?? 0),
  };
  document.set("privacy", document.createNode(privacy));
  const notes = {
    mechanism: " hides single records from whoever sees models; gaussian-update hides all of a peer at once",
    clipNorm: " the most that one record moves a step; lower it if nothing is learned, with a higher learningRate",
    targetEpsilon: " the budget: each peer takes the noise that its own rows need",
    epochs: " how often each record is used until the budget is spent; then a peer trains and publishes no more",
  };
  for (const [field, text] of Object.entries(notes)) comment(document, ["privacy", field], text);
}

/** What that is for so many rows in one place, in words. */
export function privacyInWords(task: Pick<Task, "privacy" | "training">, rows: number | undefined): string | undefined {
  const terms = termsOf(task);
  if (terms === undefined) return undefined;
  const { targetEpsilon = 0, epochs = EPOCHS, delta } = terms;
  const budget = `dp-sgd, epsilon ${formatNumber(targetEpsilon)} at delta ${formatNumber(delta)} for ${formatNumber(epochs)} epochs`;
  if (rows === undefined) return `${budget}; the noise follows from each peer's rows (hearsay privacy plan)`;
  const plan = planFor({ rows, batch: task.training.batch, epochs, delta }, targetEpsilon);
  if (plan === undefined) return `${budget}: NO noise is enough for ${formatNumber(rows)} rows; take fewer epochs`;
  const { noiseMultiplier, steps } = plan;
  return `${budget}: of all ${formatNumber(rows)} rows here, noise ${noiseMultiplier} and ${formatNumber(steps, 9)} steps; a peer with fewer needs more noise (hearsay privacy plan)`;
}
