/** A trainer in a process of its own, as somebody could write it: it answers frames on its standard streams (node/engines/README.md), and trains with the engine dense. */
import { closeSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createBodies, INPUTS, OUTPUTS } from "../../node/engines/external/body.ts";
import { createFrameReader, encodeFrame, type Frame } from "../../node/engines/external/frames.ts";
import { bytesOf } from "../../protocol/base/bytes.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { type LearningTask, outputSize } from "../../protocol/base/task.ts";
import { decodeSafetensors, encodeSafetensors, tensorValues } from "../../protocol/codec/safetensors.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import type { TrainerSpec } from "./trainer-spec.ts";

type Answer = readonly [header: Readonly<Record<string, unknown>>, body?: readonly Uint8Array[]];

const [specPath = "", socketPath] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(specPath, "utf8")) as TrainerSpec;
const floats = ({ inputs, targets, length }: Dataset): Dataset => ({
  inputs: Float32Array.from(inputs),
  targets: Float64Array.from(targets),
  length,
});
const { task } = spec;
const bodies = createBodies(task.tensors);
const trainer: Trainer = createDenseTrainer({
  task,
  train: floats(spec.train),
  ...(spec.holdout && { holdout: floats(spec.holdout) }),
});

/** Parameters of a question; those of `predict` have rows beside them. */
function paramsOf(body: Frame["body"]): Float32Array {
  const tensors = decodeSafetensors(body).tensors.filter(({ name }) => name !== INPUTS);
  return bodies.decode(new Uint8Array(encodeSafetensors(tensors.map((one) => ({ ...one, dtype: "F32" as const })))));
}

async function answer({ header, body }: Frame): Promise<Answer> {
  if (header.verb === "describe") {
    const rows = { train: trainer.numExamples, holdout: spec.holdout?.length ?? 0 };
    const named = spec.architecture !== undefined && {
      ...{ architecture: spec.architecture, input: { shape: task.input.shape }, output: task.output },
    };
    return [
      {
        protocol: 1,
        name: "dense",
        tensors: task.tensors,
        rows,
        deterministic: true,
        ...named,
      },
    ];
  }
  const params = paramsOf(body);
  if (header.verb === "fit") {
    return misbehaved() ?? fitted(params, header as unknown as Fit);
  }
  if (header.verb === "evaluate") {
    const isSample = header.rows === LIMITS.maxSampleRows;
    const sample = header.split === "train" ? "sample" : "holdout-sample";
    const split = isSample ? sample : (header.split as "train" | "holdout");
    return [await trainer.evaluate(params, split)];
  }
  const inputs = decodeSafetensors(body).tensors.find(({ name }) => name === INPUTS);
  if (inputs === undefined) throw new Error("no inputs");
  const outputs = await trainer.predict(params, tensorValues(inputs));
  const width = outputSize(task);
  const dtype = outputs instanceof Float64Array ? "F64" : "F32";
  const data = new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength);
  return [{}, [encodeSafetensors([{ name: OUTPUTS, shape: [outputs.length / width, width], dtype, data }])]];
}

interface Fit {
  readonly steps: number;
  readonly seed: string;
  readonly age: number;
  readonly training: Partial<LearningTask["training"]>;
}

/** As it is told, whatever its own task says of trainings. */
async function fitted(params: Float32Array, { steps, seed, age, training }: Fit): Promise<Answer> {
  const told = createDenseTrainer({
    task: { ...task, training: { ...task.training, ...training } },
    train: floats(spec.train),
  });
  const { params: out, loss } = await told.fit({ params, steps, seed, age });
  return [{ loss }, bodies.encode(out)];
}

/** What it does in place of a training, once. */
function misbehaved(): Answer | Promise<Answer> | undefined {
  const { misdeed, done } = spec;
  if (misdeed === undefined || (done !== undefined && existsSync(done))) return undefined;
  if (done !== undefined) writeFileSync(done, "");
  const params = new Float32Array(bodies.length);
  if (misdeed === "crash") {
    process.stderr.write("loading\nout of memory\n");
    process.exit(3);
  }
  if (misdeed === "end") process.exit(0);
  if (misdeed === "hang") return new Promise(() => {});
  if (misdeed === "mute" || misdeed === "deaf") return without(misdeed);
  if (misdeed === "huge") return [{ loss: 1 }, [{ length: 2 ** 40 } as Uint8Array]];
  if (misdeed === "print") process.stdout.write("epoch 1 of 10: loss 0.5\n");
  if (misdeed === "nan") return [{ loss: 1 }, bodies.encode(params.fill(Number.NaN, 1, 2))];
  if (misdeed === "shape") return [{ loss: 1 }, createBodies([["other", [2]]]).encode(params.subarray(0, 2))];
  if (misdeed === "half") return [{ loss: 1 }, [bytesOf(params).subarray(0, 9)]];
  throw new Error("my GPU is on fire");
}

/** Goes on without one of its streams. */
function without(misdeed: "mute" | "deaf"): Answer | Promise<Answer> {
  setInterval(() => {}, 1000);
  if (misdeed === "mute") {
    closeSync(1);
    return new Promise(() => {});
  }
  return new Promise((resolve) => {
    process.stdin.destroy().once("close", () => {
      closeSync(0); // before the answer: the next question shall find it closed
      resolve([{ loss: 1 }, bodies.encode(new Float32Array(bodies.length))]);
    });
  });
}

const stream = socketPath === undefined ? undefined : connect(socketPath);
const output = stream ?? process.stdout;
let last: Promise<void> = Promise.resolve();
const reader = createFrameReader(
  () => 2 ** 30,
  (frame) => {
    last = last.then(async () => {
      const [header, body = []] = await answer(frame).catch((error: Error): Answer => [{ error: error.message }]);
      for (const part of encodeFrame({ id: frame.header.id, ...header }, body)) output.write(part);
    });
  },
);
(stream ?? process.stdin).on("data", (chunk: Buffer) => reader.push(chunk));
(stream ?? process.stdin).on("end", () => process.exit(0));
