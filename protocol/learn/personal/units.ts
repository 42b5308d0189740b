/**
 * Each site in units of its own: the mean and the deviation of each input, and of each target of a regression, over its own rows stay with it. It trains on rows in these units, so that what is shared says how
 * the two go together, whatever the level and the gain of a sensor or the size of a site:
 *
 *     x' = (x - b_x) / a_x,    y' = (y - b_y) / a_y,    the site predicts  a_y f((x - b_x) / a_x) + b_y
 *
 *     b: mean of the own rows;    a^2: (sum of (x - b)^2 + PRIOR) / (rows + PRIOR), at least LEAST_SCALE^2; 1 of a column that never changes
 *
 * in the model's units. It is normalisation by the site's own statistics as in FedBN (Li et al. 2021), put before the first layer and after the last, and the first step of blind calibration, which finds
 * gain and offset of a sensor without a reference (Balzano, Nowak, Blind calibration of sensor networks, IPSN 2007). Nothing of it depends on what others send. Where the level itself tells something, as where
 * one site is hot because it burns, that is lost.
 *
 * The first layer takes the scales and offsets of the inputs in, and the last those of the targets: so a site predicts with a model of the task's layout.
 */
import { HearsayError } from "../../base/errors.ts";
import type { ColumnMoments, SiteUnits, Trainer } from "../../base/learning-seams.ts";
import { numParams } from "../../base/task.ts";
import { columnsOf } from "../site-units.ts";
import { calibrated } from "./calibration.ts";
import type { PersonalMethod, PersonalTask } from "./method.ts";

/** So many rows of deviation 1 are part of the deviation. */
const PRIOR = 2;
/** A column that hardly changes here may do so elsewhere. */
const LEAST_SCALE = 1 / 16;

/** `own` is [a, b] of each input, then of each target. */
export const units: PersonalMethod = {
  name: "units",
  about:
    "mean and deviation of each input, and of each target of a regression, stay: each site trains in units of its own",
  source: "our own, after FedBN (Li et al. 2021, ICLR) and blind calibration (Balzano & Nowak 2007)",
  faults: ({ model, privacy }) => [
    ...(model.kind === "softmax" || model.kind === "mlp"
      ? []
      : [fault(`needs a first layer that sees each input alone: softmax or mlp, not ${model.kind}; take fedper`)]),
    ...(privacy?.mechanism === undefined
      ? []
      : [fault(`takes figures of rows that ${privacy.mechanism} is to hide; take fedper`)]),
  ],
  open(task) {
    const [features, targets] = columnsOf(task);
    const length = 2 * (features + targets);
    const served = (shared: Float32Array, own: Float32Array) => inTaskUnits(task, shared, unitsIn(own, features));
    return {
      begin: () => Float32Array.from({ length }, (_, i) => (i % 2 === 0 ? 1 : 0)),
      isOwn: (own) => own.length === length && own.every((value, i) => i % 2 === 1 || value > 0),
      judged: served,
      served,
      async fit(trainer, request) {
        const own = await ownUnits(trainer);
        const { params: shared, ...told } = await trainer.fit({ ...request, units: unitsIn(own, features) });
        if (told.isInUnits !== true) throw refused(trainer);
        return { ...told, shared, own };
      },
    };
  },
};

function fault(why: string) {
  return { path: "personal.method", message: `units ${why}` };
}

function refused({ engine }: Pick<Trainer, "engine">): HearsayError {
  const message = `engine ${engine} cannot train in units of the site: take personal.method fedper, or engine dense or tensorflow`;
  return new HearsayError("ERR_ENGINE", message, { engine });
}

async function ownUnits(trainer: Trainer): Promise<Float32Array> {
  if (trainer.rowMoments === undefined) throw refused(trainer);
  const { inputs, targets } = await trainer.rowMoments();
  return Float32Array.from([...inputs, ...targets].flatMap(unitsOf));
}

/**
 * Scale and offset of one column.
 * @example
 * import { unitsOf } from "hearsay/protocol/learn/personal/units";
 * unitsOf({ numbers: 98, mean: 7, square: 398 }); // -> [2, 7]
 * unitsOf({ numbers: 98, mean: 7, square: 0 }); // -> [1, 7]
 */
export function unitsOf({ numbers, mean, square }: ColumnMoments): [scale: number, offset: number] {
  if (square === 0) return [1, mean];
  return [Math.max(LEAST_SCALE, Math.sqrt((square + PRIOR) / (numbers + PRIOR))), mean];
}

function unitsIn(own: Float32Array, features: number): SiteUnits {
  return { inputs: own.slice(0, 2 * features), targets: own.slice(2 * features) };
}

/** The model of the site's units as one of the task's. */
function inTaskUnits(task: PersonalTask, shared: Float32Array, { inputs, targets }: SiteUnits): Float32Array {
  const [kernel, bias] = task.tensors.slice(0, 2).map((tensor) => numParams({ tensors: [tensor] })) as [number, number];
  const result = shared.slice();
  const shifts = new Float64Array(bias);
  for (let i = 0; i < kernel; i++) {
    const at = (2 * Math.floor(i / bias)) % inputs.length;
    const scaled = (shared[i] as number) / (inputs[at] as number);
    result[i] = scaled;
    shifts[i % bias] = (shifts[i % bias] as number) + scaled * (inputs[at + 1] as number);
  }
  for (const [i, shift] of shifts.entries()) result[kernel + i] = (shared[kernel + i] as number) - shift;
  if (targets.length === 0) return result;
  return calibrated(result, targets, numParams({ tensors: task.tensors.slice(-2, -1) }));
}
