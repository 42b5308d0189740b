/** Stage Released: what of a trained model others may see. */
import type { Mechanism } from "../privacy/mechanism.ts";
import type { Task } from "../task.ts";
import { type Released, released, type Trained } from "./stages.ts";

/** A peer that speaks for itself alone. */
const OWN_MASS = 1;

export function release(trained: Trained, mechanism: Mechanism, task: Task): Released {
  return released(trained, {
    mechanism: mechanism.name,
    params: mechanism.release(trained),
    shared: allTensors(task.tensors.length),
    mass: OWN_MASS,
  });
}

/** The mask of all tensors of a layout: bit i % 8 of byte i / 8 is tensor i. */
export function allTensors(count: number): Uint8Array {
  const mask = new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  const rest = count % 8;
  if (rest > 0) mask[mask.length - 1] = (1 << rest) - 1;
  return mask;
}
