/**
 * The trainer of a task with personal models, as the rest of the peer has it: vectors that come and go are the shared part alone, and what stays with the site lies here. Loop, mechanism,
 * codec, log and merge know nothing of it. A training that gives a number which is not finite, or a model that ran away
 * (layers.ts), leaves what stays as it was, as the peer leaves its model.
 */
import { HearsayError } from "../../base/errors.ts";
import type { FitRequest, FitResult, Trainer } from "../../base/learning-seams.ts";
import { sharedTask } from "../../base/shared-tensors.ts";
import { numParams, personalOf, type Task } from "../../base/task.ts";
import { PERSONAL_METHODS } from "./registry.ts";

/** Whether every number of a vector is one: x - x is 0, or none. */
function areNumbers(values: Float32Array): boolean {
  let sum = 0;
  for (const value of values) sum += value - value;
  return sum === 0;
}

/** The trainer itself where all of the model is shared, and where it was wrapped before. */
export function withPersonal(task: Task, trainer: Trainer): Trainer {
  const personal = personalOf(task);
  if (personal === undefined || trainer.personal !== undefined) return trainer;
  const method = PERSONAL_METHODS.get(personal.method);
  if (method === undefined) throw new RangeError(`no personal method ${personal.method}`);
  const model = method.open({ ...task, personal });
  const count = numParams(sharedTask(task));
  let own = model.begin();
  const checked = (shared: Float32Array) => {
    if (shared.length === count) return shared;
    throw new RangeError(`${shared.length} parameters, of which ${count} are shared`);
  };
  const served = (shared: Float32Array) => model.served(checked(shared), own);
  return {
    engine: trainer.engine,
    get numExamples() {
      return trainer.numExamples; // of a program of the owner's it changes
    },
    get revision() {
      return trainer.revision ?? 0;
    },
    async fit(request: FitRequest): Promise<FitResult> {
      checked(request.params);
      const { shared, own: after, ...told } = await model.fit(trainer, request, own);
      if (areNumbers(shared) && areNumbers(after)) own = after;
      return { ...told, params: areNumbers(after) ? shared : shared.fill(Number.NaN) };
    },
    evaluate: async (shared, split) => trainer.evaluate(model.judged(checked(shared), own), split),
    predict: async (shared, inputs) => trainer.predict(served(shared), inputs),
    close: () => trainer.close(),
    personal: {
      method: method.name,
      whole: served,
      evaluate: async (shared, split) => trainer.evaluate(served(shared), split),
      state: () => own,
      restore(saved) {
        if (saved !== undefined && !model.isOwn(saved))
          throw new HearsayError(
            "ERR_STATE",
            "the personal part of the model is of another task; use another state directory",
          );
        own = saved ?? model.begin();
      },
    },
  };
}
