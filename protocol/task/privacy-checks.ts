/** What is wrong with the `privacy` of a manifest whose fields are right each by itself. */
import type { Fault } from "../base/faults.ts";
import type { Task, TaskDraft } from "../base/task.ts";
import { MECHANISMS, mechanismOf } from "../privacy/registry.ts";

/** `delta` of a task that does not say. */
const DELTA = 1e-5;

/** `epochs` of a task that has a target and does not say. */
const EPOCHS = 20;

/** The privacy of a task with its defaults filled in. */
export function completePrivacy({
  privacy,
  training,
  aggregation,
}: Pick<TaskDraft, "privacy" | "training" | "aggregation">): {
  readonly privacy?: NonNullable<TaskDraft["privacy"]>;
  readonly faults: readonly Fault[];
} {
  if (privacy === undefined) return { faults: [] };
  if (privacy.mechanism === undefined) return withoutMechanism(privacy);
  const {
    mechanism,
    clipNorm,
    delta = DELTA,
    noiseMultiplier,
    targetEpsilon,
    epochs,
    maxEpsilon = targetEpsilon,
  } = privacy;
  const fault = (holds: boolean, field: string, message: string): Fault[] =>
    holds ? [] : [{ path: `privacy.${field}`, message }];
  const names = [...MECHANISMS.values()].filter(({ budget }) => budget !== undefined).map(({ name }) => name);
  const isFine = (n: number) => Math.abs(1000 * n - Math.floor(1000 * n + 0.5)) < 1e-9;
  const faults = [
    ...fault(clipNorm !== undefined, "clipNorm", "is missing: the most that one record, or one training, can move"),
    ...fault(names.includes(mechanism), "mechanism", `"${mechanism}" is none; one of ${names.join(", ")}`),
    ...fault(
      (noiseMultiplier === undefined) !== (targetEpsilon === undefined),
      "noiseMultiplier",
      "and targetEpsilon: give one of the two, since each follows from the other",
    ),
    ...fault(
      noiseMultiplier === undefined || isFine(noiseMultiplier),
      "noiseMultiplier",
      "has more than three decimals; round it up",
    ),
    ...fault(epochs === undefined || targetEpsilon !== undefined, "epochs", "is of targetEpsilon; leave it out"),
    ...fault(maxEpsilon !== undefined, "maxEpsilon", "is missing: what may be spent of the budget at most, e.g. 8"),
    ...fault(
      targetEpsilon === undefined || maxEpsilon === undefined || targetEpsilon <= maxEpsilon,
      "targetEpsilon",
      `is ${targetEpsilon}, above maxEpsilon ${maxEpsilon}; lower it`,
    ),
  ];
  const planned = targetEpsilon === undefined ? {} : { epochs: epochs ?? EPOCHS };
  if (aggregation.mostLoss !== undefined)
    faults.push({
      path: "aggregation.mostLoss",
      message: "lets losses on the data decide what is merged, which no privacy budget covers; leave it out",
    });
  faults.push(...trainingFaults(training, mechanism));
  return { privacy: { ...privacy, delta, ...planned, ...(maxEpsilon !== undefined && { maxEpsilon }) }, faults };
}

/** What a training of single records cannot have beside. */
function trainingFaults({ absentClasses, maxGradientNorm }: TaskDraft["training"], mechanism: string): Fault[] {
  if (MECHANISMS.get(mechanism)?.budget?.needsExamples !== true) return [];
  const faults: Fault[] = [];
  if (absentClasses !== undefined)
    faults.push({
      path: "training.absentClasses",
      message: `changes all gradients by which classes there are, and ${mechanism} hides single records; leave it out`,
    });
  if (maxGradientNorm !== undefined)
    faults.push({
      path: "training.maxGradientNorm",
      message: `shortens the gradient of a batch, and ${mechanism} shortens that of each record already (privacy.clipNorm); leave it out`,
    });
  return faults;
}

/** Cohorts alone, which need none of the other fields. */
function withoutMechanism(privacy: NonNullable<TaskDraft["privacy"]>): ReturnType<typeof completePrivacy> {
  const { cohort, ...others } = privacy;
  const needless = Object.entries(others).filter(([, value]) => value !== undefined);
  const faults = needless.map(([name]) => ({
    path: `privacy.${name}`,
    message: "is of a mechanism; name one, or leave it out",
  }));
  if (cohort === undefined)
    faults.push({ path: "privacy.mechanism", message: "is missing; name one, or give a cohort" });
  return { privacy, faults };
}

/** Normalisation over a batch: what comes of one example then depends on the others. Its statistics are tensors of these names. */
const BATCH_STATISTIC = /(?:^|\/)moving_(?:mean|variance)$/;

/** Models whose examples cannot be told apart, where they have to be. */
/** A gateway shows models of members to nobody but them, and says of no budget what they have spent. */
export function gatewayFaults({ privacy, aggregation }: Pick<Task, "privacy" | "aggregation">): Fault[] {
  if (privacy === undefined || aggregation.gateways === undefined) return [];
  return [{ path: "aggregation.gateways", message: "does not go with privacy: leave one of the two out" }];
}

export function mixingFaults(task: Pick<Task, "privacy" | "tensors" | "model">): Fault[] {
  if (mechanismOf(task).budget?.needsExamples !== true) return [];
  if (task.model.kind === "external") {
    const message = `${mechanismOf(task).name} works in each step, which a program of each site does not; take gaussian-update`;
    return [{ path: "privacy.mechanism", message }];
  }
  const mixing = task.tensors.find(([name]) => BATCH_STATISTIC.test(name));
  if (mixing === undefined) return [];
  const message =
    `${mechanismOf(task).name} cuts the gradient of each example, and with batch normalisation (tensor ${mixing[0]}) no example has one of its own: ` +
    "take layer or group normalisation in its place, or the mechanism gaussian-update";
  return [{ path: "privacy.mechanism", message }];
}
