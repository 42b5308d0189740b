/** A trainer looked at before it meets a peer: does it keep what it says of itself, and what every peer asks? */
import { performance } from "node:perf_hooks";
import { bytesOf, equalBytes } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { inputSize, type LearningTask, outputSize } from "../../../protocol/base/task.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import type { Description } from "./description.ts";

export interface TrialResult {
  /** A claim that holds or does not. */
  readonly claim: string;
  readonly verdict: "ok" | "failed" | "left out";
  /** What was found, or why it was left out. */
  readonly found: string;
  readonly ms: number;
}

interface Trial {
  readonly claim: string;
  /** What was found. @throws what does not hold; a string where there is nothing to look at. */
  readonly look: (at: Subject) => Promise<string>;
}

interface Subject {
  readonly trainer: Trainer;
  readonly description: Description;
  readonly task: LearningTask;
  readonly params: Float32Array;
}

/** Of the rows that `predict` is given. */
const ROWS = 3;
const STEPS = 5;
/** Figures are sums in some order, in float32. */
const NEAR = 1e-5;

/** Why there is nothing to look at. */
class LeftOut extends Error {}

const request = (params: Float32Array) => ({ params, steps: STEPS, seed: "trial" });

const TRIALS: readonly Trial[] = [
  {
    claim: "describes itself, with rows to train on",
    async look({ description, trainer }) {
      if (trainer.numExamples === 0) throw new Error("it has no row to train on");
      const { architecture = "no name", tensors, rows } = description;
      return `${architecture}: ${counted(tensors.length, "tensor")}, ${counted(rows.train, "row")}, ${rows.holdout} held out`;
    },
  },
  {
    claim: "trains: finite parameters of the same shapes, which are others",
    async look({ trainer, params }) {
      const { params: trained, loss } = await trainer.fit(request(params));
      if (equalBytes(bytesOf(trained), bytesOf(params))) throw new Error("it gave back what it was given");
      return `loss ${loss.toPrecision(4)}`;
    },
  },
  {
    claim: "has the figures of a model, the same ones again",
    async look({ trainer, params }) {
      const [first, second] = [await trainer.evaluate(params, "train"), await trainer.evaluate(params, "train")];
      if (Math.abs(first.loss - second.loss) > NEAR * Math.abs(first.loss))
        throw new Error(`loss ${first.loss}, then ${second.loss}, of the same model`);
      return Object.entries(first)
        .map(([name, value]) => `${name} ${value?.toPrecision(4)}`)
        .join(", ");
    },
  },
  {
    claim: "has the figures of its hold-out",
    async look({ trainer, params, description }) {
      if (description.rows.holdout === 0) throw new LeftOut("it holds no row out");
      return `loss ${(await trainer.evaluate(params, "holdout")).loss.toPrecision(4)}`;
    },
  },
  {
    claim: "goes down: after ten trainings the loss is less",
    async look({ trainer, params }) {
      const before = await trainer.evaluate(params, "train");
      let model = params;
      for (let i = 0; i < 10; i++) model = (await trainer.fit({ params: model, steps: STEPS, seed: `${i}` })).params;
      const after = await trainer.evaluate(model, "train");
      if (after.loss >= before.loss) throw new Error(`loss ${before.loss} before, ${after.loss} after`);
      return `loss ${before.loss.toPrecision(4)} before, ${after.loss.toPrecision(4)} after`;
    },
  },
  {
    claim: "keeps nothing: the same request gives the same bits, whatever came between",
    async look({ trainer, params, description }) {
      if (!description.deterministic) throw new LeftOut("it does not claim so");
      const first = await trainer.fit(request(params));
      await trainer.fit({ params: first.params, steps: 1, seed: "between" });
      const second = await trainer.fit(request(params));
      if (!equalBytes(bytesOf(first.params), bytesOf(second.params))) throw new Error("it gave other parameters");
      return "the same";
    },
  },
  {
    claim: "predicts a row for each row",
    async look({ trainer, params, task }) {
      const outputs = await trainer.predict(params, new Float32Array(ROWS * inputSize(task)));
      if (!outputs.every((value) => Number.isFinite(value))) throw new Error("it gave what is not finite");
      const width = outputSize(task);
      if (task.output.kind === "classification")
        for (let row = 0; row < ROWS; row++) {
          const sum = [...outputs.subarray(row * width, (row + 1) * width)].reduce((total, value) => total + value, 0);
          if (Math.abs(sum - 1) > 1e-3) throw new Error(`the probabilities of a row sum to ${sum}`);
        }
      return `${counted(ROWS, "row")} of ${width}`;
    },
  },
  {
    claim: "goes on after a model of NaN, which others may send",
    async look({ trainer, params }) {
      const nan = new Float32Array(params.length).fill(Number.NaN);
      const answer = await trainer.evaluate(nan, "train").then(
        () => "a figure",
        (error: unknown) => {
          if (isHearsayError(error, "ERR_TRAINER")) return "a refusal";
          throw error;
        },
      );
      await trainer.evaluate(params, "train");
      return `it answered with ${answer}, and goes on`;
    },
  },
];

/** Tries it out, one trial after another; where it may be started anew, what one of them breaks the others still tell. */
export async function tryTrainer(
  trainer: Trainer & { readonly description: Description },
  task: LearningTask,
  seed = 1,
): Promise<TrialResult[]> {
  const subject = { trainer, description: trainer.description, task, params: initialParams(task.tensors, seed) };
  const results: TrialResult[] = [];
  for (const { claim, look } of TRIALS) {
    const begunMs = performance.now();
    const done = (verdict: TrialResult["verdict"], found: string) =>
      results.push({ claim, verdict, found, ms: Math.round(performance.now() - begunMs) });
    try {
      done("ok", await look(subject));
    } catch (error) {
      done(error instanceof LeftOut ? "left out" : "failed", (error as Error).message);
    }
  }
  return results;
}
