/** Engine `tensorflow`: TensorFlow.js, which trains every kind of model. */
import { compileInSteps } from "../little-memory.ts";
import type { EngineKind } from "./engine.ts";

export const tensorflow: EngineKind = {
  name: "tensorflow",
  runs: "tfjs-node if it is installed, else tfjs on WebAssembly, else plain tfjs with a warning",
  usedFor: "cnn and layers models",
  processBytes: 300e6,
  suits: ({ model: { kind } }) => kind !== "external",
  async createTrainer(options) {
    compileInSteps();
    const { createTensorflowTrainer } = await import("./tensorflow.ts"); // 0.2 s and tens of megabytes, where needed
    return createTensorflowTrainer(options);
  },
  async createTrainers(task) {
    compileInSteps();
    const { createTensorflowTrainers } = await import("./tensorflow.ts");
    return createTensorflowTrainers(task);
  },
};
