/**
 * Personal layers (Arivazhagan et al., Federated learning with personalization layers, arXiv:1912.00818): the last layer, or the tensors that the task names, stays with the site. Each step
 * trains both parts.
 */
import { fitWeights, layersModel } from "./layers.ts";
import { lastLayer, type PersonalMethod } from "./method.ts";

export const fedper: PersonalMethod = {
  name: "fedper",
  about: "the last layer stays, and is trained with the others",
  source: "Arivazhagan et al. 2019, arXiv:1912.00818",
  staysByDefault: lastLayer,
  faults: () => [],
  open: (task) => layersModel(task, fitWeights),
};
