/**
 * Sign flip: publishes -scale times an honestly trained model (Li, Xu, Chen et al., RSA, AAAI 2019).
 *
 * The liar trains on its own data and ignores what it aggregates, so that its direction stays that of an honest model.
 */
import type { Trainer } from "../../protocol/seams.ts";

export function signFlip(trainer: Trainer, { scale = 3 }: { scale?: number } = {}): Trainer {
  let honest: Float32Array | undefined;
  return {
    ...trainer,
    async fit(request) {
      const { params, loss } = await trainer.fit({ ...request, params: honest ?? request.params });
      honest = params;
      return { params: params.map((value) => -scale * value), loss };
    },
  };
}
