/** The Secrecy seam of a simulation: the real one, with secrets that follow from the seed of the run, so that it draws the same cohorts each time. */
import type { Rng } from "../../protocol/base/rng.ts";
import type { Secrecy } from "../../protocol/base/seams.ts";

/** @param rng of one peer in one of its lives. */
export function createSimulatedSecrecy(real: Secrecy, rng: Rng): Secrecy {
  return { ...real, random: (length) => Uint8Array.from({ length }, () => rng.below(256)) };
}
