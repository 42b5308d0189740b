/** Trainers and aggregators of node/: in this thread, and in the worker thread of an engine. */
import { startEngine } from "../../../node/engines/client.ts";
import { startOnThisThread } from "../../../node/engines/one-thread.ts";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import { aggregatorConformance } from "../../conformance/aggregator.ts";
import { trainerConformance } from "../../conformance/trainer.ts";
import { learningTask, randomData } from "../../support/learning.ts";

trainerConformance("tensorflow", (options) => createTensorflowTrainer({ ...options, backend: "wasm" }));
trainerConformance(
  "dense-in-a-thread",
  async (options) => (await startEngine({ ...options, engine: "dense" })).trainer,
);
trainerConformance(
  "dense-on-this-thread",
  async (options) => (await startOnThisThread({ ...options, engine: "auto" })).trainer,
);
trainerConformance("tensorflow-in-a-thread", async (options) => {
  return (await startEngine({ ...options, engine: "tensorflow", backend: "wasm" })).trainer;
});

const task = learningTask({ kind: "softmax" });
const startAggregator = (threads: number) =>
  startEngine({ task, train: randomData(task, 4, "train"), engine: "dense", threads });

aggregatorConformance("worker thread", 203, () => startAggregator(1));
aggregatorConformance("this thread", 203, () =>
  startOnThisThread({ task, train: randomData(task, 4, "train"), engine: "dense" }),
);
aggregatorConformance("two threads", 2 ** 17 + 37, () => startAggregator(2));
