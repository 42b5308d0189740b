/** The models of a run as files: one of each peer that is evaluated at the end. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../../protocol/base/bytes.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { nodeCrypto } from "../../crypto.ts";
import { encodeModel } from "../../disk/model-file.ts";
import { writeOutput } from "../../disk/whole-file.ts";

type KeepModels = NonNullable<import("../../../sim/run/experiment.ts").ExperimentModules["keepModels"]>;

/** Writes `peer-0000.safetensors` and so on, by the numbers of the peers; what was in the folder is deleted. */
export function writeModels(folder: string): KeepModels {
  return async (models, task) => {
    await rm(folder, { recursive: true, force: true });
    const taskId = toHex(nodeCrypto.sha256(encodeTask(task)));
    for (const { index, params, ...facts } of models) {
      const name = `peer-${String(index).padStart(4, "0")}.safetensors`;
      await writeOutput(join(folder, name), encodeModel(params, task, taskId, facts), "--out");
    }
  };
}
