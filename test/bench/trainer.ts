/**
 * A training that does nothing, in a process of its own: the round trip of parameters over standard streams, checks included. Against a copy of as many
 * bytes through a bare pair of streams (`cat`), which does not look at them.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createExternalTrainer } from "../../node/engines/external/external.ts";
import { spawnedTrainer } from "../../node/engines/external/spawned.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { learningTask } from "../support/learning.ts";
import { pythonWith } from "../support/program.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { figure, median, percentile } from "./statistics.ts";

const PARAMETERS: readonly number[] = [10_000, 1_000_000];
const ROUNDS = 100;
/** Before code is compiled and memory is there. */
const WARM = 20;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const benchmark: Benchmark = {
  title: "round trip of a training that does nothing, in a process of its own; ratio to as many bytes through `cat`",
  async run() {
    const { python } = pythonWith(["numpy"]);
    const path = `PYTHONPATH=${here("../../node/clients/python/src")}`;
    const rows: Row[] = [];
    for (const parameters of PARAMETERS) {
      const programs: [string, string[]][] = [["node", [process.execPath, here("echo-trainer.ts")]]];
      if (python !== undefined) programs.push(["python", ["env", path, python, here("echo_trainer.py")]]);
      for (const [program, words] of programs) {
        const { times, bare } = await roundTrips([...words, String(parameters)], parameters);
        const [ms, bareMs, best, bareBest] = [median(times), median(bare), Math.min(...times), Math.min(...bare)];
        rows.push({
          ...{ program, parameters, bestMs: figure(best), ms: figure(ms), p95Ms: figure(percentile(times, 0.95)) },
          ...{ bareBestMs: figure(bareBest), bareMs: figure(bareMs), bestRatio: figure(best / bareBest) },
          ratio: figure(ms / bareMs),
        });
      }
    }
    return { rows, notes: python === undefined ? ["no Python here has numpy: name one in HEARSAY_PYTHON"] : [] };
  },
};

/** In turns, so that what else the machine does falls on both. */
async function roundTrips(words: readonly string[], parameters: number): Promise<{ times: number[]; bare: number[] }> {
  const task = learningTask({ kind: "layers", topology: "" }, { tensors: [["w", [parameters]]] });
  const params = initialParams(task.tensors, 1).map((_, i) => i);
  const host = spawnedTrainer(words, (line) => process.stderr.write(`${line}\n`));
  const trainer = await createExternalTrainer(host, task);
  const cat = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
  const [times, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const begunMs = performance.now();
    const { params: same } = await trainer.fit({ params, steps: 1, seed: "s" });
    const thenMs = performance.now();
    if (same[parameters - 1] !== params[parameters - 1]) throw new Error("it gave back something else");
    await through(cat, 4 * parameters);
    if (round < WARM) continue;
    times.push(thenMs - begunMs);
    bare.push(performance.now() - thenMs);
  }
  cat.stdin.end();
  await trainer.close();
  return { times, bare };
}

async function through(cat: ChildProcessByStdio<Writable, Readable, null>, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = bytes;
  const take = (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left === 0) resolve();
  };
  cat.stdout.on("data", take);
  cat.stdin.write(new Uint8Array(bytes));
  await promise;
  cat.stdout.off("data", take);
}
