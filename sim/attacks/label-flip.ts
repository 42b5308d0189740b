/**
 * Label flip: trains honestly on y -> C - 1 - y (Biggio, Nelson, Laskov, ICML 2012; in this form in Fang et al.,
 * USENIX Security 2020). Regression: the targets are reflected about the mean that the task states.
 */
import * as z from "zod";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset, Numbers } from "../../protocol/learn/data/dataset.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";

export const labelFlip: Attack = defineAttack({
  name: "label-flip",
  about: "trains honestly on the labels C - 1 - y",
  source: "Biggio, Nelson, Laskov, ICML 2012; Fang, Cao, Jia, Gong, USENIX Security 2020 (arXiv 1911.11815)",
  options: z.strictObject({}),
  join:
    ({ task }) =>
    () => ({ data: (data) => ({ ...data, targets: flipped(data, task.output) }) }),
});

function flipped({ targets }: Dataset, output: Task["output"]): Numbers {
  if (output.kind === "classification") return targets.map((label) => output.classes.length - 1 - label);
  const { mean, targets: names } = output;
  return targets.map((value, i) => 2 * (mean[(i % names.length) % mean.length] as number) - value);
}
