/**
 * A training that does nothing, in a process of its own: the round trip of parameters over standard streams, checks included. Against a copy of as many
 * bytes through a bare pair of streams (`cat`), which does not look at them.
 */
import { spawn } from "node:child_process";
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
      const bare = await throughCat(4 * parameters);
      const bareMs = median(bare);
      const programs: [string, string[]][] = [["node", [process.execPath, here("echo-trainer.ts")]]];
      if (python !== undefined) programs.push(["python", ["env", path, python, here("echo_trainer.py")]]);
      for (const [program, words] of programs) {
        const times = await roundTrips([...words, String(parameters)], parameters);
        const [ms, p95] = [median(times), percentile(times, 0.95)];
        rows.push({
          program,
          parameters,
          bestMs: figure(Math.min(...times)),
          ms: figure(ms),
          p95Ms: figure(p95),
          bareBestMs: figure(Math.min(...bare)),
          bareMs: figure(bareMs),
          ratio: figure(ms / bareMs),
        });
      }
    }
    return { rows, notes: python === undefined ? ["no Python here has numpy: name one in HEARSAY_PYTHON"] : [] };
  },
};

async function roundTrips(words: readonly string[], parameters: number): Promise<number[]> {
  const task = learningTask({ kind: "layers", topology: "" }, { tensors: [["w", [parameters]]] });
  const params = initialParams(task.tensors, 1).map((_, i) => i);
  const trainer = await createExternalTrainer(
    spawnedTrainer(words, (line) => process.stderr.write(`${line}\n`)),
    task,
  );
  const times: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const begunMs = performance.now();
    const { params: same } = await trainer.fit({ params, steps: 1, seed: "s" });
    if (round >= WARM) times.push(performance.now() - begunMs);
    if (same[parameters - 1] !== params[parameters - 1]) throw new Error("it gave back something else");
  }
  await trainer.close();
  return times;
}

async function throughCat(bytes: number): Promise<number[]> {
  const cat = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
  const sent = new Uint8Array(bytes);
  const times: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const begunMs = performance.now();
    cat.stdin.write(sent);
    await new Promise<void>((resolve) => {
      let left = bytes;
      const take = (chunk: Uint8Array) => {
        left -= chunk.length;
        if (left > 0) return;
        cat.stdout.off("data", take);
        resolve();
      };
      cat.stdout.on("data", take);
    });
    if (round >= WARM) times.push(performance.now() - begunMs);
  }
  cat.stdin.end();
  return times;
}
