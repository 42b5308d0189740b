/**
 * Delay of the event loop while a model is trained: how late a timer of 1 ms is, in the thread on which the network lives
 * (`loop-delay.ts`). Ten steps of batch 32 at a time, as a peer trains, on real digits.
 *
 * Training in the worker thread of the engine, as a peer does it, is compared with an idle loop, and with the same training on the
 * event loop itself. Two more rows are whole peers, in processes of their own, that learn together from a small and a 6 MB model.
 */
import { join } from "node:path";
import type { BackendName } from "../../node/engines/backend-name.ts";
import { startEngine } from "../../node/engines/client.ts";
import { createTensorflowTrainer } from "../../node/engines/tensorflow.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { type LoopDelay, RESOLUTION_MS, startLoopDelay } from "./loop-delay.ts";
import { observePeers } from "./peers.ts";
import { figure, median, sleep } from "./statistics.ts";
import { digitsTask, type MnistModel, mnistTask, sixMegabyteTask } from "./tasks.ts";

const SECONDS = 3;
const PEER_SECONDS = 12;

const CASES: readonly { model: MnistModel; backend?: BackendName }[] = [
  { model: "mlp 784-128-10" },
  { model: "mlp 784-128-10", backend: "wasm" },
  { model: "cnn 8/16", backend: "wasm" },
  { model: "mlp 784-128-10", backend: "node" },
  { model: "cnn 8/16", backend: "node" },
];

export const benchmark: Benchmark = {
  title: `lateness of a ${RESOLUTION_MS} ms timer while training, in a worker thread (as a peer) and on the event loop itself`,
  async run(scratch) {
    const notes: string[] = [];
    const rows: Row[] = [{ model: "-", engine: "idle", ...inFigures(await delayWhile(() => sleep(50))) }];
    for (const { model, backend } of CASES) {
      try {
        rows.push(await compare(model, backend));
      } catch (error) {
        if (!isHearsayError(error, "ERR_ENGINE")) throw error;
        rows.push({ model, engine: `tensorflow/${backend}`, meanMs: null });
        notes.push(`tensorflow/${backend}: ${error.message}`);
      }
    }
    const one = { quorum: 1 };
    rows.push(await wholePeer("digits mlp", await digitsTask(one), 100, join(scratch, "small")));
    rows.push(await wholePeer("mlp 6 MB", await sixMegabyteTask(one), 500, join(scratch, "large")));
    return { rows, notes: [...new Set(notes)] };
  },
};

async function compare(model: MnistModel, backend: BackendName | undefined): Promise<Row> {
  const { task, set } = await mnistTask(model);
  const data = { task, train: set.train };
  const choice = { ...data, ...(backend && { backend }) };
  const { trainer: worker } = await startEngine({ ...choice, engine: backend === undefined ? "dense" : "tensorflow" });
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
    ...{ model, engine: worker.engine, ...inFigures(apart) },
    ...{ onLoopMeanMs: figure(blocked.meanMs), onLoopP99Ms: figure(blocked.p99Ms), onLoopMaxMs: figure(blocked.maxMs) },
    onLoopToWorker: figure(blocked.meanMs / apart.meanMs),
  };
}

/** What a whole peer feels: the engine in its worker, and hashes, copies, network and store on the loop. */
async function wholePeer(model: string, task: Task, minCycleMs: number, directory: string): Promise<Row> {
  const reports = await observePeers({ task, peers: 2, minCycleMs, seconds: PEER_SECONDS, directory });
  const delays = reports.flatMap(({ delay }) => delay ?? []);
  const figures = (key: keyof LoopDelay) => figure(median(delays.map((delay) => delay[key])));
  return {
    model,
    engine: "whole peer, dense",
    meanMs: figures("meanMs"),
    p99Ms: figures("p99Ms"),
    maxMs: figures("maxMs"),
  };
}

async function delayWhile(work: () => Promise<void>): Promise<LoopDelay> {
  await work(); // compiled, and loaded
  const stop = startLoopDelay();
  for (const endMs = performance.now() + 1000 * SECONDS; performance.now() < endMs; ) {
    await work();
    await new Promise((resolve) => setImmediate(resolve)); // as the peer's loop goes through the network between two trainings
  }
  await sleep(2 * RESOLUTION_MS); // the last delay is counted too
  return stop();
}

function inFigures({ meanMs, p99Ms, maxMs }: LoopDelay): Record<keyof LoopDelay, number | null> {
  return { meanMs: figure(meanMs), p99Ms: figure(p99Ms), maxMs: figure(maxMs) };
}
