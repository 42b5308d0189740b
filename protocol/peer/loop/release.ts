/** Stage Released: what of a trained model others may see. */

import { allTensors, type Task } from "../../base/task.ts";
import type { Mechanism } from "../../privacy/mechanism.ts";
import { type Released, released, type Trained } from "../stages.ts";

/** A peer that speaks for itself alone. */
const OWN_MASS = 1;

export function release(trained: Trained, mechanism: Mechanism, task: Task): Released {
  return released(trained, {
    mechanism: mechanism.name,
    params: mechanism.release(trained.params),
    shared: allTensors(task),
    mass: OWN_MASS,
  });
}
