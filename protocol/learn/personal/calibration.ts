/**
 * An offset and a scale for each site: of a regression, target t of site i is  a_it f_t(x) + b_it,  f the common model. Sensors of one kind differ by
 * little else, and two numbers are learned from few rows. It is linear calibration in the field (Spinelle et al., Field calibration of a cluster of
 * low-cost available sensors, Sensors and Actuators B 215, 2015), here against the common model, as a ridge regression (Hoerl, Kennard, Technometrics
 * 12, 1970) towards none:
 *
 *     (a, b) = arg min  sum over own rows (y - a f(x) - b)^2 + PRIOR ((a - 1)^2 + b^2),    a kept within 1/4 to 4
 *
 * in the model's units, whose targets have a deviation of about 1. It is done before each training, which then trains a f + b: scale and offset go into
 * the last layer, which is linear, and come out of it again. So no engine knows of them.
 */
import type { Fault } from "../../base/faults.ts";
import type { OutputMoments, Trainer } from "../../base/learning-seams.ts";
import { numParams, outputSize } from "../../base/task.ts";
import type { PersonalMethod, PersonalTask } from "./method.ts";

/** So many rows say that there is nothing to calibrate. */
const PRIOR = 10;
const MOST_SCALE = 4;

/** `own` is [a, b] of each target. */
export const calibration: PersonalMethod = {
  name: "calibration",
  about: "of a regression, a scale and an offset of each output stay",
  source: "linear field calibration, Spinelle et al. 2015; ridge regression, Hoerl & Kennard 1970",
  faults: (task) => faultsOfOutputs("calibration", task),
  open(task) {
    const width = outputSize(task);
    const kernel = numParams({ tensors: task.tensors.slice(-2, -1) });
    const served = (shared: Float32Array, own: Float32Array) => calibrated(shared, own, kernel);
    return {
      begin: () => Float32Array.from({ length: 2 * width }, (_, i) => (i % 2 === 0 ? 1 : 0)),
      isOwn: (own) => own.length === 2 * width && own.every((value, i) => i % 2 === 1 || value > 0),
      judged: served,
      served,
      async fit(trainer, request) {
        const own = fitLines(await momentsOf("calibration", trainer, request.params));
        const { params, ...told } = await trainer.fit({ ...request, params: served(request.params, own) });
        return { ...told, own, shared: calibrated(params, inverse(own), kernel) };
      },
    };
  },
};

/** What is wrong with a task for a method that keeps numbers of outputs. @param method its name. */
export function faultsOfOutputs(
  method: string,
  { output, model, privacy }: Pick<PersonalTask, "output" | "model" | "privacy">,
): Fault[] {
  const whys = [
    ...(output.kind === "regression" ? [] : ["is of outputs of a regression; take fedper for a classification"]),
    ...(model.kind === "layers" || model.kind === "external"
      ? [`needs a last layer that is linear: softmax, mlp or cnn, not ${model.kind}`]
      : []),
    ...(privacy?.mechanism === undefined
      ? []
      : [`fits to rows that ${privacy.mechanism} is to hide, and what is shared depends on it; take fedper`]),
  ];
  return whys.map((why) => ({ path: "personal.method", message: `${method} ${why}` }));
}

/**
 * Sums over the own rows of what a model gives and what it should. @param method its name, for the error. @throws TypeError for an engine that says
 * nothing of its outputs.
 */
export function momentsOf(method: string, trainer: Trainer, params: Float32Array): Promise<readonly OutputMoments[]> {
  if (trainer.outputMoments === undefined)
    throw new TypeError(`engine ${trainer.engine} says nothing of its outputs: personal.method ${method} needs that`);
  return trainer.outputMoments(params);
}

/**
 * A scale and an offset for each output, by the sums over the own rows.
 * @example
 * import { fitLines } from "hearsay/protocol/learn/personal/calibration";
 * // A thousand rows: outputs -1 and 1, targets 1 and 5.
 * const [a, b] = fitLines([{ rows: 1000, output: 0, target: 3000, outputSquare: 1000, product: 2000 }]);
 * Math.round(100 * a); // -> 199
 * Math.round(100 * b); // -> 297
 */
export function fitLines(moments: readonly OutputMoments[]): Float32Array {
  const lines = moments.flatMap(({ rows, output, target, outputSquare, product }) => {
    // residual y - f on f: [[sum f^2 + p, sum f], [sum f, n + p]] (a - 1, b) = (sum f (y - f), sum (y - f))
    const [ff, fr, r] = [outputSquare + PRIOR, product - outputSquare, target - output];
    const scale = 1 + (fr * (rows + PRIOR) - output * r) / (ff * (rows + PRIOR) - output * output);
    const kept = Math.min(MOST_SCALE, Math.max(1 / MOST_SCALE, scale));
    return [kept, (target - kept * output) / (rows + PRIOR)];
  });
  return Float32Array.from(lines);
}

/** x = (y - b) / a = y / a - b / a. */
function inverse(own: Float32Array): Float32Array {
  return own.map((value, i) => (i % 2 === 0 ? 1 / value : -value / (own[i - 1] as number)));
}

/** The model whose outputs are those of another, scaled and shifted. @param kernel numbers of the last kernel, [in, width], before the bias of the outputs. */
export function calibrated(params: Float32Array, own: Float32Array, kernel: number): Float32Array {
  const width = own.length / 2;
  const result = params.slice();
  const [bias, first] = [result.length - width, result.length - width - kernel];
  for (let i = first; i < result.length; i++) {
    const target = (i < bias ? i - first : i - bias) % width;
    const scaled = (result[i] as number) * (own[2 * target] as number);
    result[i] = i < bias ? scaled : scaled + (own[2 * target + 1] as number);
  }
  return result;
}
