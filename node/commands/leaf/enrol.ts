/** `hearsay leaf enrol`: one more device that this peer learns from. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { numParams, termsOf } from "../../../protocol/base/task.ts";
import { fitsLeaf } from "../../../protocol/leaf/leaves.ts";
import { openTask } from "../../disk/state-dir.ts";
import { enrolLeaf } from "../../leaf/records.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export async function run(
  name: string,
  { state, json = false }: { readonly state: string; readonly json?: boolean },
): Promise<void> {
  const { task, taskId } = await openTask(state);
  const params = numParams(task);
  if (!fitsLeaf(params))
    throw new HearsayError(
      "ERR_TASK",
      `the model has ${params} parameters, and a frame of a leaf takes ${LIMITS.maxLeafParams}: leaves need a task with a smaller model`,
    );
  if (termsOf(task) !== undefined)
    throw new HearsayError(
      "ERR_TASK",
      "the task has a privacy mechanism, and what a leaf sends hides nothing: enrol none",
    );
  const { leaf, key } = await enrolLeaf(state, name);
  const enrolled = { leaf, name, key: toHex(key), task: taskId, params };
  if (json) return printJson(enrolled);
  const rows: [string, string][] = [
    ["leaf", String(leaf)],
    ["key", enrolled.key],
    ["task", taskId],
    ["parameters", String(params)],
  ];
  print(
    `${facts(rows)}\n\nWhoever has the key can speak for this leaf. It is shown once; the peer has it in leaves/${leaf}.json.\n`,
  );
}
