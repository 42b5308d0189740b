/** Engine `dense`: our own softmax and mlp. */
import type { EngineKind } from "./engine.ts";

export const dense: EngineKind = {
  name: "dense",
  runs: "our own softmax and mlp in WebAssembly SIMD (plain TypeScript where that is missing, to the same bits), exact gradients",
  usedFor: "softmax and mlp, by default",
  processBytes: 130e6,
  isBrief: true,
  suits: ({ model: { kind } }) => kind === "softmax" || kind === "mlp",
  async createTrainer(options) {
    const { createDenseTrainer } = await import("../../protocol/learn/dense/dense.ts");
    return createDenseTrainer(options);
  },
  async createTrainers() {
    return (await import("../../protocol/learn/dense/dense.ts")).DENSE_TRAINERS;
  },
};
