/** Stage Released: what of a trained model others may see. */

import type { Mechanism } from "../../privacy/mechanism.ts";
import { type Released, released, type Trained } from "../stages.ts";

/** A peer that speaks for itself alone. */
const OWN_MASS = 1;

/** @param shared which tensors of the task these are. */
export function release(trained: Trained, mechanism: Mechanism, shared: Uint8Array): Released {
  return released(trained, {
    mechanism: mechanism.name,
    params: mechanism.release(trained.params),
    shared,
    mass: OWN_MASS,
  });
}
