/**
 * CPU time of one training step, batch 32, in ms: `process.cpuUsage`, all threads, gradients and optimiser and the copying of batches
 * included; real digits of 28 x 28, of which the dense engine skips the black pixels. Many steps a call, so that the cost of a
 * call is in the noise. `wallMsPerStep` is the time it takes beside whatever else this machine does: an engine with several threads
 * can be quicker than its CPU time says.
 *
 * The engines take turns over several rounds, in one thread; a ratio is the median over the rounds of the ratio within a round. It
 * is to engine dense where that trains the model, else to tensorflow/wasm.
 */
import type { BackendName } from "../../node/engines/backend-name.ts";
import { createTensorflowTrainer } from "../../node/engines/tensorflow.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { cpuMs, figure, median } from "./statistics.ts";
import { MNIST_MODELS, type MnistModel, mnistTask } from "./tasks.ts";

const ROUNDS = 7;
/** CPU time of one engine in one round, about. */
const ROUND_MS = 300;

export const benchmark: Benchmark = {
  title: "CPU ms of a training step (batch 32), all threads; ratio to the first engine of each model",
  async run() {
    const rows: Row[] = [];
    const notes = new Set<string>();
    for (const model of Object.keys(MNIST_MODELS) as MnistModel[]) {
      const { task, set } = await mnistTask(model);
      const { trainers, missing } = await startTrainers({ task, train: set.train });
      const costs = await measure(trainers, task);
      const [baseline = []] = costs;
      for (const [i, { engine }] of trainers.entries()) {
        const cost = costs[i] as Cost[];
        rows.push({
          model,
          engine,
          cpuMsPerStep: figure(median(cost.map(({ cpu }) => cpu))),
          leastCpuMs: figure(Math.min(...cost.map(({ cpu }) => cpu))),
          wallMsPerStep: figure(median(cost.map(({ wall }) => wall))),
          cpuRatio: figure(median(cost.map(({ cpu }, round) => cpu / (baseline[round] as Cost).cpu))),
        });
      }
      for (const [engine, why] of missing) {
        rows.push({ model, engine, cpuMsPerStep: null });
        notes.add(`${engine}: ${why}`);
      }
      for (const trainer of trainers) await trainer.close();
    }
    return { rows, notes: [...notes] };
  },
};

/** Those that train the model here, and why the others do not. */
async function startTrainers(data: Parameters<typeof createTensorflowTrainer>[0]): Promise<{
  trainers: Trainer[];
  missing: [engine: string, why: string][];
}> {
  const { kind } = data.task.model;
  const trainers: Trainer[] = [];
  if (kind !== "cnn") {
    const plain = createDenseTrainer({ ...data, plain: true });
    trainers.push(createDenseTrainer(data), { ...plain, engine: "dense in TypeScript" });
  }
  const missing: [string, string][] = [];
  const backends: readonly BackendName[] = kind === "cnn" ? ["wasm", "node"] : ["wasm", "cpu", "node"];
  for (const backend of backends) {
    try {
      trainers.push(await createTensorflowTrainer({ ...data, backend }));
    } catch (error) {
      if (!isHearsayError(error, "ERR_ENGINE")) throw error;
      missing.push([`tensorflow/${backend}`, error.message]);
    }
  }
  return { trainers, missing };
}

/** Of one step, in ms. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** For each trainer, one figure a round. */
async function measure(trainers: readonly Trainer[], task: Task): Promise<Cost[][]> {
  const params = initialParams(task.tensors, task.seed);
  const cost = async (trainer: Trainer, steps: number): Promise<Cost> => {
    const [startedMs, startedCpuMs] = [performance.now(), cpuMs()];
    await trainer.fit({ params, steps, seed: "bench" });
    return { cpu: (cpuMs() - startedCpuMs) / steps, wall: (performance.now() - startedMs) / steps };
  };
  const steps: number[] = [];
  for (const trainer of trainers) {
    await cost(trainer, 10); // compiled, and loaded
    steps.push(Math.max(1, Math.round(ROUND_MS / (await cost(trainer, 10)).cpu)));
  }
  const costs: Cost[][] = trainers.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, trainer] of trainers.entries()) costs[i]?.push(await cost(trainer, steps[i] as number));
  }
  return costs;
}
