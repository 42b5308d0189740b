/**
 * Local normalisation (Li et al., FedBN: federated learning on non-IID features via local batch normalization, ICLR 2021): scale, shift and statistics of normalisation layers stay with the
 * site, whose inputs they describe. Everything else is shared, and each step trains both.
 */
import { isNamed } from "../../base/shared-tensors.ts";
import { fitTogether, layersModel } from "./layers.ts";
import type { PersonalMethod } from "./method.ts";

/** As Keras names them. */
const NORMALISATION = ["*/gamma", "*/beta", "*/moving_mean", "*/moving_variance"];

export const fedbn: PersonalMethod = {
  name: "fedbn",
  about: "the tensors of normalisation layers stay",
  source: "Li et al. 2021, ICLR",
  staysByDefault: () => NORMALISATION,
  faults: ({ tensors, model }) =>
    tensors.some(([name]) => isNamed(name, NORMALISATION))
      ? []
      : [
          {
            path: "personal.method",
            message: `fedbn keeps normalisation layers (${NORMALISATION.join(", ")}), of which a model of kind ${model.kind} has none here; take fedper`,
          },
        ],
  open: (task) => layersModel(task, fitTogether),
};
