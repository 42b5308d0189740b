/**
 * Delay of the event loop while a model is trained: how late a timer of 1 ms is, in the thread on which the network lives
 * (`perf_hooks.monitorEventLoopDelay`, less the 1 ms). Ten steps of batch 32 at a time, as a peer trains, on real digits.
 *
 * Training in the worker thread of the engine, as a peer does it, is compared with an idle loop, and with the same training on the
 * event loop itself. The mean is over the samples; a loop that is blocked takes few samples, so that its mean flatters it.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { BackendName } from "../../node/engines/backend.ts";
import { startEngine } from "../../node/engines/client.ts";
import { createTensorflowTrainer } from "../../node/engines/tensorflow.ts";
import { isHearsayError } from "../../protocol/errors.ts";
import { createDenseTrainer } from "../../protocol/learn/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { Trainer } from "../../protocol/seams.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { figure, sleep } from "./statistics.ts";
import { type MnistModel, mnistTask } from "./tasks.ts";

const SECONDS = 3;
const RESOLUTION_MS = 1;

const CASES: readonly { model: MnistModel; backend?: BackendName }[] = [
  { model: "mlp 784-128-10" },
  { model: "mlp 784-128-10", backend: "wasm" },
  { model: "cnn 8/16", backend: "wasm" },
  { model: "mlp 784-128-10", backend: "node" },
  { model: "cnn 8/16", backend: "node" },
];

export const benchmark: Benchmark = {
  title: `lateness of a ${RESOLUTION_MS} ms timer while training, in a worker thread (as a peer) and on the event loop itself`,
  async run() {
    const notes: string[] = [];
    const rows: Row[] = [{ model: "-", engine: "idle", ...(await delayWhile(() => sleep(50))).figures }];
    for (const { model, backend } of CASES) {
      try {
        rows.push(await compare(model, backend));
      } catch (error) {
        if (!isHearsayError(error, "ERR_ENGINE")) throw error;
        rows.push({ model, engine: `tensorflow/${backend}` });
        notes.push(`tensorflow/${backend}: ${error.message}`);
      }
    }
    return { rows, notes: [...new Set(notes)] };
  },
};

async function compare(model: MnistModel, backend: BackendName | undefined): Promise<Row> {
  const { task, set } = await mnistTask(model);
  const data = { task, train: set.train };
  const choice = { ...data, ...(backend && { backend }) };
  const worker = await startEngine({ ...choice, engine: backend === undefined ? "dense" : "tensorflow" });
  const params = initialParams(task.tensors, task.seed);
  const fitWith = (trainer: Trainer) => async () => {
    await trainer.fit({ params, steps: task.training.steps, seed: "bench" });
  };
  const apart = await delayWhile(fitWith(worker));
  await worker.close();
  const direct = backend === undefined ? createDenseTrainer(data) : await createTensorflowTrainer(choice);
  const blocked = await delayWhile(fitWith(direct));
  await direct.close();
  return {
    ...{ model, engine: worker.engine, ...apart.figures },
    ...{ onLoopMeanMs: blocked.figures.meanMs, onLoopP99Ms: blocked.figures.p99Ms, onLoopMaxMs: blocked.figures.maxMs },
    onLoopToWorker: figure(blocked.mean / apart.mean),
  };
}

async function delayWhile(
  work: () => Promise<void>,
): Promise<{ mean: number; figures: Record<"meanMs" | "p99Ms" | "maxMs", number | null> }> {
  await work(); // compiled, and loaded
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const late = (nanoseconds: number) => nanoseconds / 1e6 - RESOLUTION_MS;
  histogram.enable();
  for (const endMs = performance.now() + 1000 * SECONDS; performance.now() < endMs; ) {
    await work();
    await new Promise((resolve) => setImmediate(resolve)); // as the peer's loop goes through the network between two trainings
  }
  await sleep(2 * RESOLUTION_MS); // the last delay is counted too
  histogram.disable();
  const mean = late(histogram.mean);
  return {
    mean,
    figures: {
      meanMs: figure(mean),
      p99Ms: figure(late(histogram.percentile(99))),
      maxMs: figure(late(histogram.max)),
    },
  };
}
