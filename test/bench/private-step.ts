/**
 * CPU time of a step that hides single examples, against a plain step of the same model: the dense engine, batch 32, real digits, 1,437 rows.
 *
 *     clipped   gradients cut one by one and summed; sample and noise cost nothing
 *     private   with the sample and the noise, from the generator of the operating system
 *
 * Many steps a call, so that the cost of a call is in the noise. They take turns over several rounds, in one thread; a ratio is the median over the rounds of
 * the ratio within a round.
 */
import { loadNamedSet } from "../../node/data/sets.ts";
import { createNodeDraws } from "../../node/secret-rng.ts";
import type { SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { samplingRate } from "../../protocol/privacy/sampling-rate.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { cpuMs, figure, median } from "./statistics.ts";

const ROUNDS = 15;
/** CPU time of one kind of step in one round, about. */
const ROUND_MS = 60;
const ROWS = 1437;
const BATCH = 32;
const MODELS = [
  { set: "digits", hidden: 32 },
  { set: "mnist", hidden: 64 },
] as const;

export const benchmark: Benchmark = {
  title: `a step that hides single examples against a plain one (dense engine, batch ${BATCH}, ${ROWS} rows), CPU ms`,
  async run() {
    const rows: Row[] = [];
    for (const { set, hidden } of MODELS) rows.push(...(await measureModel(set, hidden)));
    return { rows, notes: [] };
  },
};

async function measureModel(name: string, hidden: number): Promise<Row[]> {
  const { task: base, train: all } = await setOf(name);
  const task = parseTask({
    ...base,
    model: { kind: "mlp", hidden: [hidden] },
    training: { learningRate: 0.05, batch: BATCH, steps: 10 },
  });
  const train = selectRows(
    all,
    Array.from({ length: ROWS }, (_, i) => Math.floor((i * all.length) / ROWS)),
  ) as Dataset;
  const plain = createDenseTrainer({ task, train });
  const kinds: readonly (readonly [string, Step])[] = [
    ["plain", stepsOf(task, plain)],
    ["clipped", stepsOf(task, createDenseTrainer({ task, train, draws: freeDraws() }), true)],
    ["private", stepsOf(task, createDenseTrainer({ task, train, draws: createNodeDraws() }), true)],
  ];
  const costs = await takeTurns(kinds.map(([, step]) => step));
  const [first = []] = costs;
  return kinds.map(([step], i) => ({
    model: `${name}, ${task.input.shape.join("x")}, ${hidden} hidden`,
    step,
    cpuMs: figure(median(costs[i] as number[])),
    ratio: figure(median((costs[i] as number[]).map((cost, round) => cost / (first[round] as number)))),
  }));
}

async function setOf(name: string) {
  const { task, train } = await loadNamedSet(name);
  return { task, train };
}

/** Does so many steps. */
type Step = (count: number) => Promise<unknown>;

function stepsOf(task: Task, trainer: Trainer, isPrivate = false): Step {
  const params = initialParams(task.tensors, task.seed);
  const privateSteps = { clipNorm: 1, noiseMultiplier: 1, rate: samplingRate(ROWS, BATCH) };
  return (steps) => trainer.fit({ params, steps, seed: "bench", ...(isPrivate ? { privateSteps } : {}) });
}

/** Samples of the size of a batch that are drawn beforehand, and no noise. */
function freeDraws(): SecretDraws {
  const samples = Array.from({ length: 64 }, (_, k) =>
    Uint32Array.from({ length: BATCH }, (_, i) => (k * 22 + i * 44) % ROWS),
  );
  let next = 0;
  return { sample: () => samples[next++ % samples.length] as Uint32Array, noise: () => {} };
}

/** CPU ms of a step of each kind, one figure a round. */
async function takeTurns(kinds: readonly Step[]): Promise<number[][]> {
  const cost = async (step: Step, count: number) => {
    const before = cpuMs();
    await step(count);
    return (cpuMs() - before) / count;
  };
  const counts: number[] = [];
  for (const step of kinds) {
    for (let i = 0; i < 5; i++) await cost(step, 100); // compiled, and loaded
    counts.push(Math.max(10, Math.round(ROUND_MS / (await cost(step, 200)))));
  }
  const costs: number[][] = kinds.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, step] of kinds.entries()) costs[i]?.push(await cost(step, counts[i] as number));
  return costs;
}
