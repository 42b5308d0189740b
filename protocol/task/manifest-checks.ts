/** What is wrong with a manifest whose fields are right each by itself: sizes that must agree, names that must be known, a model that must fit. */
import { describeRules, findRule, ruleParameters } from "../aggregate/registry.ts";
import { counted } from "../base/counted.ts";
import type { Fault } from "../base/faults.ts";
import { LIMITS } from "../base/limits.ts";
import { inputSize, numParams, outputSize, type Task, type TaskDraft, type TensorSpec } from "../base/task.ts";
import { CODECS } from "../codec/registry.ts";
import { columnCount } from "../learn/data/missing.ts";
import { ADAM_DEFAULTS } from "../learn/optimisers/adam.ts";
import { OPTIMISERS } from "../learn/optimisers/registry.ts";
import { builtInTensors } from "../learn/tensors.ts";

/** A check: the fault at `path`, unless it holds. */
function unless(holds: boolean, path: string, message: string): Fault[] {
  return holds ? [] : [{ path, message }];
}

/** Input, output and codec. */
export function draftFaults(draft: TaskDraft): Fault[] {
  const { shape } = draft.input;
  const width = inputSize(draft);
  return [
    ...unless(width <= LIMITS.maxInputs, "input.shape", `is ${width} numbers; at most ${LIMITS.maxInputs}`),
    ...scalingFaults(draft),
    ...nameFaults(draft),
    ...maskFaults(draft),
    ...unless(CODECS.has(draft.codec), "codec", `"${draft.codec}" is unknown; one of ${[...CODECS.keys()].join(", ")}`),
    ...unless(draft.model.kind !== "cnn" || shape.length === 3, "input.shape", "a cnn needs [height, width, channels]"),
  ];
}

/** A mean and a standard deviation for all, or one for each. */
function scalingFaults({ input, output }: TaskDraft): Fault[] {
  const width = inputSize({ input });
  const faults: Fault[] = [];
  for (const side of ["mean", "std"] as const) {
    const { length } = input[side];
    faults.push(
      ...unless(
        length === 1 || length === width,
        `input.${side}`,
        `has ${counted(length, "entry", "entries")}; give 1 or ${width}`,
      ),
    );
    if (output.kind !== "regression") continue;
    const given = output[side].length;
    const wanted = output.targets.length;
    faults.push(
      ...unless(
        given === 1 || given === wanted,
        `output.${side}`,
        `has ${counted(given, "entry", "entries")}; give 1 or ${wanted}`,
      ),
    );
  }
  return faults;
}

/** Masks stand behind the columns that they are of. */
function maskFaults({ input: { shape, missingPolicy } }: TaskDraft): Fault[] {
  const fits = shape.length === 1 && (shape[0] as number) % 2 === 0;
  const message = `is [${shape.join(", ")}]; missingPolicy mask needs [d], d twice the number of columns: one mask for each`;
  return unless(missingPolicy !== "mask" || fits, "input.shape", message);
}

function nameFaults({ input, output }: TaskDraft): Fault[] {
  const { features } = input;
  const width = columnCount({ input });
  return [
    ...unless(
      features.length === 0 || features.length === width,
      "input.features",
      `names ${counted(features.length, "column")}; the shape needs ${width}`,
    ),
    ...unless(new Set(features).size === features.length, "input.features", "names a column twice"),
    ...unless(
      output.kind !== "classification" || new Set(output.classes).size === output.classes.length,
      "output.classes",
      "names a class twice",
    ),
    ...shareFaults(output),
  ];
}

function shareFaults(output: TaskDraft["output"]): Fault[] {
  if (output.kind !== "classification" || output.shares === undefined) return [];
  const [shares, classes] = [output.shares.length, output.classes.length];
  return unless(
    shares === classes,
    "output.shares",
    `has ${counted(shares, "number")} for ${classes} classes; give one for each, in their order`,
  );
}

/** Whether the tensors of such a model stand in the task, since nothing else says them. */
function isListed({ kind }: TaskDraft["model"]): boolean {
  return kind === "layers" || kind === "external";
}

/** Training with the settings of its optimiser filled in. */
export function completeTraining({ training, output, model }: Pick<TaskDraft, "training" | "output" | "model">): {
  readonly training: TaskDraft["training"];
  readonly faults: readonly Fault[];
} {
  const { optimiser, momentum, adam, absentClasses } = training;
  const isAdam = optimiser === "adam";
  const faults = [
    ...unless(
      OPTIMISERS.has(optimiser),
      "training.optimiser",
      `"${optimiser}" is unknown; one of ${[...OPTIMISERS.keys()].join(", ")}`,
    ),
    ...unless(
      optimiser !== "momentum" || momentum > 0,
      "training.momentum",
      "is 0; optimiser momentum needs one, e.g. 0.9",
    ),
    ...unless(
      !isAdam || momentum === 0,
      "training.momentum",
      "is of sgd and momentum; adam has adam.beta1, leave it out",
    ),
    ...unless(isAdam || adam === undefined, "training.adam", `is of optimiser adam, not of ${optimiser}; leave it out`),
    ...unless(
      absentClasses === undefined || (output.kind === "classification" && !isListed(model)),
      "training.absentClasses",
      "is of classifications by the models softmax, mlp and cnn, whose last tensor is the bias of the classes; leave it out",
    ),
  ];
  return { training: isAdam ? { ...training, adam: adam ?? ADAM_DEFAULTS } : training, faults };
}

/** The parameters of the rule with its defaults filled in. */
export function completeRule({ quorum, inboxSize, rule: name, parameters: given }: TaskDraft["aggregation"]): {
  readonly parameters: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
} {
  const faults = unless(
    quorum <= inboxSize,
    "aggregation.quorum",
    `is ${quorum}, above inboxSize ${inboxSize}; lower it`,
  );
  const rule = findRule(name);
  if (rule === undefined) {
    const message = `"${name}" is unknown; there are ${describeRules()}`;
    return { parameters: {}, faults: [...faults, { path: "aggregation.rule", message }] };
  }
  const { parameters, faults: wrong } = ruleParameters(rule, given);
  const least = rule.quorum(parameters);
  faults.push(
    ...wrong.map((message) => ({ path: "aggregation.parameters", message })),
    ...unless(quorum >= least, "aggregation.quorum", `is ${quorum}; rule ${name} needs at least ${least}`),
  );
  return { parameters, faults };
}

/** The tensors that the model implies, or those that are listed. */
export function tensorsOf(draft: TaskDraft): {
  readonly tensors: readonly TensorSpec[];
  readonly faults: readonly Fault[];
} {
  const listed: readonly TensorSpec[] = draft.tensors ?? [];
  const implied = builtInTensors(draft.model, draft.input.shape, outputSize(draft));
  if (typeof implied === "string") return { tensors: [], faults: [{ path: "model", message: implied }] };
  if (implied === undefined) {
    const option = draft.model.kind === "external" ? "--trainer COMMAND" : "--model FILE";
    const remedy = `must be listed for a model of kind ${draft.model.kind}; \`hearsay init ${option}\` does it`;
    return { tensors: listed, faults: unless(listed.length > 0, "tensors", remedy) };
  }
  const agree = draft.tensors === undefined || JSON.stringify(listed) === JSON.stringify(implied);
  const faults = unless(agree, "tensors", "differ from those that the model implies; leave them out");
  return { tensors: implied, faults };
}

/** Whether a model fits into a body. */
export function bodyFaults(task: Task): Fault[] {
  const { tensors, limits, codec } = task;
  const bytes = 4 * numParams(task);
  if (bytes > limits.maxModelBytes) {
    const message = `is ${limits.maxModelBytes}, the model alone has ${bytes} bytes; raise it or shrink the model`;
    return [{ path: "limits.maxModelBytes", message }];
  }
  try {
    CODECS.get(codec)?.forLayout({ tensors, task: "0".repeat(64) });
    return [];
  } catch (error) {
    return [{ path: "tensors", message: `fit into no model body: ${(error as Error).message}` }];
  }
}
