/** Check `engine`: whether what trains loads, and takes one step of the task. */
import { inputSize, targetSize } from "../../../protocol/base/task.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { startEngine } from "../../engines/client.ts";
import { isExternal } from "../../engines/external/open.ts";
import { type DoctorCheck, failure, ok, warning } from "../doctor-check.ts";

export const engine: DoctorCheck = {
  name: "engine",
  about: "whether the engine loads, and takes one step of the task",
  withinMs: 30_000,
  async run({ task: opened, config }) {
    if (opened === undefined) return [ok("no task yet to try a step of")];
    const { task } = opened;
    if (isExternal(config, task)) return [ok("a program of yours trains: it is not tried here")];
    const length = task.training.batch;
    const width = targetSize(task);
    const train = {
      inputs: new Float32Array(length * inputSize(task)),
      targets: new Float32Array(length * width),
      length,
    };
    const startedMs = performance.now();
    const thread = await startEngine({ task, train, engine: config.engine });
    try {
      const loadedMs = performance.now();
      const { params } = await thread.trainer.fit({
        params: initialParams(task.tensors, task.seed),
        steps: 1,
        seed: "doctor",
      });
      const stepMs = performance.now() - loadedMs;
      if (!params.every(Number.isFinite))
        return [
          failure(
            "one step gave numbers that are none",
            "lower training.learningRate in the task: it is the same for all peers",
          ),
        ];
      const text = `${config.engine}: loaded in ${Math.round(loadedMs - startedMs)} ms, the first step took ${Math.round(stepMs)} ms`;
      return [
        thread.warning === undefined ? ok(text) : warning(`${text}; ${thread.warning}`, "it learns all the same"),
      ];
    } finally {
      await thread.close();
    }
  },
};
