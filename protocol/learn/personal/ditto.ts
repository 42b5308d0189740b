/**
 * A second model (Li et al., Ditto: fair and robust federated learning through personalization, ICML 2021, algorithm 1): all tensors are shared and learned together as without it, and beside
 * them the site trains a model of its own, with which it predicts, and which each step draws towards the common one:
 *
 *     v <- v - rate grad F(v);    v <- v + rate lambda (w - v)
 *
 * w is the common model as the training found it. The draw is a step of its own, so that it is the same under any optimiser. A training takes twice the time. The own model influences nothing that is
 * shared: a lie in the common model reaches it by the draw alone.
 */
import { numParams } from "../../base/task.ts";
import { anchorFaults, fitAnchored } from "./layers.ts";
import type { PersonalMethod } from "./method.ts";

export const ditto: PersonalMethod = {
  name: "ditto",
  about: "a second model stays, which is drawn to the common one by lambda",
  source: "Li et al. 2021, ICML, algorithm 1",
  lambda: 0.5,
  faults: (task) => anchorFaults("ditto", task),
  open(task) {
    const { personal, tensors, training } = task;
    const length = numParams(task);
    const pull = Math.min(1, training.learningRate * (personal.lambda ?? 0));
    const pulls = tensors.map(() => pull);
    const served = (shared: Float32Array, own: Float32Array) => (own.length === 0 ? shared : own);
    return {
      begin: () => new Float32Array(0), // of the common model, once there is a training
      isOwn: (own) => own.length === 0 || own.length === length,
      judged: (shared) => shared,
      served,
      async fit(trainer, request, own) {
        const { params: shared, ...told } = await trainer.fit(request);
        const { privateSteps: _, params: to, ...rest } = request; // what stays need not be hidden
        const second = await fitAnchored(trainer, {
          ...rest,
          params: served(to, own),
          seed: `${request.seed}/own`,
          anchor: { to, pulls },
          forSite: true,
        });
        return { ...told, shared, own: second.params };
      },
    };
  },
};
