/**
 * An offset of each output for each site that follows the world: of a regression, target t of site i is  f_t(x) + b_it,  f the common model. Where the world changes, sites do not change alike: what is common is
 * learned from the rows of all, and what sets a site apart from its own, which may be few. So the offset is not fitted to the window alone, as by `calibration`: it goes on from what it was, before each training,
 *
 *     b <- b + (sum over own rows (y - f(x) - b)) / (rows + PRIOR)
 *
 * in the model's units: an exponential mean of what the common model is off by (Brown, Smoothing, Forecasting and Prediction, 1963, as a recursive least squares with forgetting of one number). A window of few
 * rows moves it by little at a time, and it remembers more than is in the window; one of many rows moves it nearly all the way. The training then trains f + b; offsets go into the bias of the last layer and come
 * out of it again, so no engine knows of them.
 *
 * Rows that never change are fitted by their own mean after some trainings, without a pull to none: of a handful of rows that is noisier than `calibration`.
 */
import { outputSize } from "../../base/task.ts";
import { faultsOfOutputs, momentsOf } from "./calibration.ts";
import type { PersonalMethod } from "./method.ts";

/** So many rows in the window move the offset half of the way. */
const PRIOR = 10;

/** `own` is b of each target. */
export const offset: PersonalMethod = {
  name: "offset",
  about: "of a regression, an offset of each output stays, and goes on from what it was",
  source: "exponential smoothing, Brown 1963, of what the common model is off by",
  faults: (task) => faultsOfOutputs("offset", task),
  open(task) {
    const width = outputSize(task);
    const shifted = (params: Float32Array, own: Float32Array, sign: 1 | -1) => {
      const whole = params.slice();
      const first = whole.length - width;
      for (const [t, b] of own.entries()) whole[first + t] = (whole[first + t] as number) + sign * b;
      return whole;
    };
    const served = (shared: Float32Array, own: Float32Array) => shifted(shared, own, 1);
    return {
      begin: () => new Float32Array(width),
      isOwn: (own) => own.length === width,
      judged: served,
      served,
      async fit(trainer, request, before) {
        const moments = await momentsOf("offset", trainer, request.params);
        const own = Float32Array.from(moments, ({ rows, target, output }, t) => {
          const b = before[t] as number;
          return b + (target - output - rows * b) / (rows + PRIOR);
        });
        const { params, ...told } = await trainer.fit({ ...request, params: served(request.params, own) });
        return { ...told, own, shared: shifted(params, own, -1) };
      },
    };
  },
};
