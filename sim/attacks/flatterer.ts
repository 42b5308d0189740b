/**
 * Flatterer: to each receiver a model that is good for what the receiver has, and for nothing else. It pleases whoever judges models by a few own rows (protocol/select/), and
 * takes from it what only others know:
 *
 *     hidden layers          the mean of the honest models
 *     outputs of a class     as the receiver has them, where it has rows of that class; else zero, with a bias that is `depth` below all others
 *
 * Which classes a receiver has shows its training: the bias of an output rises only where there are rows of it. So the attack needs models that peers publish, and no data.
 *
 * From `turnsAt` of the run on it sends each receiver -3 times its own model: useful for long, then harmful.
 */
import * as z from "zod";
import { inputSize, type Task } from "../../protocol/base/task.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import type { Attack, HonestModel } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { twoFaced } from "./two-faced.ts";
import { scaled } from "./vectors.ts";

/** After it has turned. */
const HARM = -3;

export const flatterer: Attack = defineAttack({
  name: "flatterer",
  about: "to each receiver a model that is good on its own classes only; from a share of the run on a harmful one",
  source: "our own, for whoever is asked by its usefulness",
  options: z.strictObject({
    depth: z.number().min(0).max(100).default(4),
    turnsAt: z.number().min(0).max(1).default(1),
    noise: noiseOption,
  }),
  join(coalition, { depth, turnsAt, noise }) {
    const { clock, startMs, endMs, task } = coalition;
    const turnsMs = startMs + turnsAt * (endMs - startMs);
    const outputs = outputsOf(task);
    return twoFaced(coalition, noise, (receiver) => {
      if (clock.now() >= turnsMs) return scaled(receiver.params, HARM);
      const mean = coalition.moments()?.mean;
      return mean && flattering(mean, receiver, outputs, depth);
    });
  },
});

/** Where the parameters of each class lie: of the kernel [in, classes], and its bias. */
interface Outputs {
  readonly classes: number;
  readonly kernel: number;
  readonly inputs: number;
  readonly bias: number;
}

/** Undefined where the last tensors are none that say which class they are of, or there are no classes. */
function outputsOf({ tensors, output, input }: Task): Outputs | undefined {
  if (output.kind !== "classification") return undefined;
  const classes = output.classes.length;
  const [kernel, bias] = tensorSlices(tensors).slice(-2);
  const inputs = kernel?.shape[0] ?? inputSize({ input });
  if (kernel === undefined || bias?.length !== classes || kernel.length !== inputs * classes) return undefined;
  return { classes, kernel: kernel.offset, inputs, bias: bias.offset };
}

function flattering(
  mean: ArrayLike<number>,
  { params, base }: HonestModel,
  outputs: Outputs | undefined,
  depth: number,
): Float32Array {
  const lie = Float32Array.from(mean);
  if (outputs === undefined) return lie;
  const { classes, kernel, inputs, bias } = outputs;
  const lowest = Math.min(...params.subarray(bias, bias + classes));
  for (let c = 0; c < classes; c++) {
    const has = (params[bias + c] as number) > (base[bias + c] as number);
    lie[bias + c] = has ? (params[bias + c] as number) : lowest - depth;
    for (let i = 0; i < inputs; i++)
      lie[kernel + i * classes + c] = has ? (params[kernel + i * classes + c] as number) : 0;
  }
  return lie;
}
