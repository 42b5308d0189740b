/** The leaves of a peer that is about to run, where its state directory has some. */
import { plainAggregator } from "../../protocol/aggregate/registry.ts";
import { fromHex } from "../../protocol/base/bytes.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import { createRadio, type RadioOptions } from "../../protocol/leaf/duty-cycle.ts";
import { withLeaves } from "../../protocol/leaf/leaf-trainer.ts";
import { createLeaves, type Leaves } from "../../protocol/leaf/leaves.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { DEFAULTS } from "../settings/table.ts";
import { enrolledLeaves, leafRecords } from "./records.ts";

export interface OpenLeaves {
  readonly leaves: Leaves;
  /** The trainer with what leaves send. */
  wrapTrainer(trainer: Trainer): Trainer;
}

/** Undefined where no leaf is enrolled. @param taskId in hexadecimal. @param settings of the radio that answers. @throws HearsayError ERR_STATE, ERR_TASK. */
export async function openLeaves(
  stateDir: string,
  task: Task,
  taskId: string,
  settings: RadioOptions = DEFAULTS.leaf,
): Promise<OpenLeaves | undefined> {
  if ((await enrolledLeaves(stateDir)).length === 0) return undefined;
  const radio = createRadio(wallClock, settings);
  const modules = { records: leafRecords(stateDir), crypto: nodeCrypto, radio };
  const leaves = createLeaves(modules, { task: fromHex(taskId) as Uint8Array, params: numParams(task) });
  return { leaves, wrapTrainer: (trainer) => withLeaves(trainer, leaves, plainAggregator, task) };
}
