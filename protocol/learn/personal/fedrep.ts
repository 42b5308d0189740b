/**
 * A shared representation (Collins et al., Exploiting shared representations for personalized federated learning, ICML 2021, algorithm 1): the head stays with the site. In each training
 * the head moves first, with the body held, then the body with the head held. Here half of the steps go to each, so that a training is as long as any other.
 */
import { anchorFaults, fitAnchored, layersModel } from "./layers.ts";
import { lastLayer, type PersonalMethod } from "./method.ts";

export const fedrep: PersonalMethod = {
  name: "fedrep",
  about: "the last layer stays: it is trained first, then the body under it",
  source: "Collins et al. 2021, ICML, algorithm 1",
  staysByDefault: lastLayer,
  faults: (task) => anchorFaults("fedrep", task),
  open: (task) =>
    layersModel(task, async (parts, trainer, request, own) => {
      const { steps, seed } = request;
      const [forHead, forBody] = [Math.max(1, Math.ceil(steps / 2)), Math.max(1, Math.floor(steps / 2))];
      const holding = (params: Float32Array, held: boolean) => ({
        ...request,
        params,
        anchor: { to: params, pulls: parts.stays.map((stays) => (stays === held ? 1 : 0)) },
      });
      const first = parts.join(request.params, own);
      const head = await fitAnchored(trainer, { ...holding(first, false), steps: forHead, seed: `${seed}/head` });
      const body = await fitAnchored(trainer, { ...holding(head.params, true), steps: forBody, seed: `${seed}/body` });
      const loss = (head.loss * forHead + body.loss * forBody) / (forHead + forBody);
      return { shared: parts.shared(body.params), own: parts.own(body.params), loss };
    }),
};
