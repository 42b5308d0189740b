/** What the methods share that keep tensors back: both parts joined are the model, and what stays begins as the task's initial parameters. */
import { HearsayError } from "../../base/errors.ts";
import type { Fault } from "../../base/faults.ts";
import type { Anchor, FitRequest, FitResult, Trainer } from "../../base/learning-seams.ts";
import { euclideanNorm, longestNorm } from "../../base/norm.ts";
import { initialParams } from "../tensors.ts";
import type { PersonalModel, PersonalTask } from "./method.ts";
import { type LayerSplit, partsOf } from "./parts.ts";

/** @param fit how both are trained. */
export function layersModel(
  task: PersonalTask,
  fit: (parts: LayerSplit, ...given: Parameters<PersonalModel["fit"]>) => ReturnType<PersonalModel["fit"]>,
): PersonalModel {
  const parts = partsOf(task);
  const keepsOutput = parts.stays.at(-1) === true;
  return {
    begin: () => parts.own(initialParams(task.tensors, task.seed)),
    isOwn: ({ length }) => length === parts.numOwn,
    judged: parts.join,
    served: parts.join,
    fit: (trainer, request, own) => fit(parts, trainer, { ...request, ...(keepsOutput && { forSite: true }) }, own),
  };
}

/**
 * The result of a training, as no number where the whole model ran away: |after| > 10 (|before| + 1). Others refuse a shared part that is so long;
 * nobody would see it of what stays. The trainer of a personal task takes what is no number for a training that failed, and keeps what it had.
 */
function unlessRunAway(before: Float32Array, result: FitResult): FitResult {
  if (euclideanNorm(result.params) <= longestNorm(euclideanNorm(before))) return result;
  return { ...result, params: new Float32Array(result.params.length).fill(Number.NaN) };
}

type FitParts = Parameters<typeof layersModel>[1];

/** Both parts at once, by the same steps. */
export const fitTogether: FitParts = (parts, trainer, request, own) =>
  fitParts(parts, request, own, (whole) => trainer.fit(whole));

/** The same of weights alone, which do not grow as statistics of inputs may. */
export const fitWeights: FitParts = (parts, trainer, request, own) =>
  fitParts(parts, request, own, async (whole) => unlessRunAway(whole.params, await trainer.fit(whole)));

async function fitParts(parts: LayerSplit, request: FitRequest, own: Float32Array, fit: Trainer["fit"]) {
  const { params, ...told } = await fit({ ...request, params: parts.join(request.params, own) });
  return { ...told, shared: parts.shared(params), own: parts.own(params) };
}

/** A training that is drawn to an anchor. @throws HearsayError ERR_ENGINE where the trainer knows nothing of such. */
export async function fitAnchored(
  trainer: Pick<Trainer, "engine" | "fit">,
  request: FitRequest & { readonly anchor: Anchor },
): Promise<FitResult> {
  const result = await trainer.fit(request);
  if (result.isAnchored === true) return unlessRunAway(request.params, result);
  const message = `engine ${trainer.engine} cannot hold one part of a model while it trains another: take personal.method fedper, or engine dense or tensorflow`;
  throw new HearsayError("ERR_ENGINE", message, { engine: trainer.engine });
}

/** Of a method that holds tensors while others are trained (FitRequest.anchor). */
export function anchorFaults(name: string, { model, privacy }: Omit<PersonalTask, "personal">): Fault[] {
  const faults: Fault[] = [];
  if (model.kind === "external")
    faults.push({
      path: "personal.method",
      message: `${name} reaches into each step, which a program of each site does not allow; take fedper`,
    });
  if (privacy?.mechanism !== undefined && name !== "ditto")
    faults.push({
      path: "personal.method",
      message: `${name} trains its parts one after the other, which ${privacy.mechanism} does not count; take fedper`,
    });
  return faults;
}
