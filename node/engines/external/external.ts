/**
 * The Trainer in a process of its own, in whatever language: it has the data, and the peer has none. What it is asked stands in README.md.
 *
 * A trainer that ends, hangs, takes too much memory or answers nonsense is given up; the call rejects with ERR_TRAINER, and the peer goes on
 * without a training (protocol/peer/loop/enduring-fit.ts). The next training starts it again; nothing else does.
 */

import { bytesOf } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { FitRequest, FitResult, Metrics, Split, Trainer } from "../../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createOneByOne } from "../../../protocol/base/one-by-one.ts";
import { inputSize, type LearningTask, outputSize } from "../../../protocol/base/task.ts";
import { MAX_HEADER_BYTES as MAX_TENSORS_BYTES } from "../../../protocol/codec/safetensors.ts";
import type { Numbers } from "../../../protocol/learn/data/dataset.ts";
import { type Bodies, createBodies, decodeOutputs, INPUTS } from "./body.ts";
import type { Description } from "./description.ts";
import { lossOf, readFigures } from "./figures.ts";
import type { TrainerHost } from "./host.ts";
import { createSession, type Session, type SessionOptions } from "./session.ts";

/** A trainer that is there, and what it said of itself. */
export interface ExternalTrainer extends Trainer {
  readonly description: Description;
}

/** Rows of one `predict`. */
const ROWS_AT_ONCE = 4096;
/** Header and lengths of a body. */
const BESIDE_BYTES = MAX_TENSORS_BYTES + 8;

/**
 * Waits until a trainer is there and has described itself.
 * @throws HearsayError ERR_TRAINER where it cannot be started or says nothing of use, ERR_TASK where it trains another model.
 */
export async function createExternalTrainer(
  host: TrainerHost,
  task: LearningTask,
  options: SessionOptions = {},
): Promise<ExternalTrainer> {
  const session = createSession(host, task, options);
  const description = await session.begin();
  const bodies = createBodies(task.tensors);
  const calls = callsOf(session, bodies, task);
  const inTurn = createOneByOne();
  return {
    engine: description.name === undefined ? "external" : `external/${description.name}`,
    description,
    get numExamples() {
      return session.description().rows.train;
    },
    fit: (request) => inTurn(() => calls.fit(request)),
    evaluate: (params, split) => inTurn(() => calls.evaluate(params, split)),
    predict: (params, inputs) => inTurn(() => calls.predict(params, inputs)),
    close: () => session.close(),
  };
}

function callsOf(session: Session, bodies: Bodies, task: LearningTask): Pick<Trainer, "fit" | "evaluate" | "predict"> {
  const { learningRate, momentum, batch, optimiser, maxGradientNorm } = task.training;
  const given = {
    ...(optimiser !== undefined && { optimiser }),
    ...(maxGradientNorm !== undefined && { maxGradientNorm }),
  };
  const training = { learningRate, momentum, batch, ...given };
  const paramsBytes = 4 * bodies.length + BESIDE_BYTES;
  return {
    async fit({ params, steps, seed, age = 0, privateSteps }: FitRequest): Promise<FitResult> {
      checkLength(params, bodies.length);
      if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`steps ${steps} is no positive integer`);
      if (privateSteps !== undefined) throw noExamples();
      refuseEmpty(session, "train");
      const question = { verb: "fit", header: { steps, seed, age, training }, body: bodies.encode(params) };
      return session.ask(
        { ...question, amount: steps, maxBodyBytes: paramsBytes, mayStart: true },
        ({ header, body }) => {
          return { params: bodies.decode(body), loss: lossOf(header, "fit") };
        },
      );
    },
    async evaluate(params: Float32Array, split: Split): Promise<Metrics> {
      checkLength(params, bodies.length);
      const part = split.startsWith("holdout") ? "holdout" : "train"; // a program of the owner's trains without a shift
      const most = split.endsWith("sample") ? LIMITS.maxSampleRows : undefined;
      const rows = Math.min(refuseEmpty(session, part), most ?? Number.POSITIVE_INFINITY);
      const header = { split: part, ...(most !== undefined && { rows: most }) };
      const question = { verb: "evaluate", header, body: bodies.encode(params), amount: rows, maxBodyBytes: 0 };
      return session.ask(question, (frame) => readFigures(frame.header, rows));
    },
    async predict(params: Float32Array, inputs: Numbers): Promise<Numbers> {
      checkLength(params, bodies.length);
      const width = inputSize(task);
      if (inputs.length % width !== 0)
        throw new RangeError(`${inputs.length} inputs are no whole number of rows of ${width}`);
      const parts: Numbers[] = [];
      for (let at = 0; at < inputs.length; at += ROWS_AT_ONCE * width)
        parts.push(await predictSome(session, bodies, params, inputs.subarray(at, at + ROWS_AT_ONCE * width), task));
      return joined(parts);
    },
  };
}

function predictSome(
  session: Session,
  bodies: Bodies,
  params: Float32Array,
  inputs: Numbers,
  task: LearningTask,
): Promise<Numbers> {
  const [rows, width] = [inputs.length / inputSize(task), outputSize(task)];
  const head = { name: INPUTS, shape: [rows, ...task.input.shape], dtype: "F32" } as const;
  const body = bodies.encode(params, { head, data: bytesOf(Float32Array.from(inputs)) });
  const maxBodyBytes = 8 * rows * width + BESIDE_BYTES;
  return session.ask({ verb: "predict", body, amount: rows, maxBodyBytes }, (frame) =>
    decodeOutputs(frame.body, rows, width),
  );
}

function joined(parts: readonly Numbers[]): Numbers {
  if (parts.length === 1) return parts[0] as Numbers;
  const isWide = parts.some((part) => part instanceof Float64Array);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = isWide ? new Float64Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function checkLength(params: Float32Array, length: number): void {
  if (params.length !== length) throw new RangeError(`${params.length} parameters for a model that has ${length}`);
}

/** The rows of a split. */
function refuseEmpty(session: Session, split: "train" | "holdout"): number {
  const rows = session.description().rows[split];
  if (rows > 0) return rows;
  throw new HearsayError("ERR_DATA", `the trainer has no example in split "${split}"`, { split });
}

function noExamples(): HearsayError {
  const message =
    "a trainer in a process of its own does not hide single examples in its steps: use privacy.mechanism gaussian-update";
  return new HearsayError("ERR_ENGINE", message);
}
