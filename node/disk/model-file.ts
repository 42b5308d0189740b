/**
 * `model.safetensors` in the state directory: the model for predictions, which `predict`, `eval` and `export` read whether the
 * peer runs or not. Written to a temporary file and renamed, so that a reader never sees half of it.
 */
import { readFile } from "node:fs/promises";
import { bytesToFloats, floatsToBytes } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type ReadTensor,
  type Tensor,
} from "../../protocol/codec/safetensors.ts";
import { hasInt8, type Int8Layer } from "../../protocol/learn/dense/int8.ts";
import { dequantise } from "../../protocol/learn/smaller.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import type { SavedPrivacy } from "../../protocol/privacy/spent.ts";
import { asDiskFault } from "./disk-fault.ts";
import { writeWhole } from "./whole-file.ts";

export interface ModelFacts {
  readonly peerId: string;
  readonly cycle: number;
  readonly age: number;
}

export interface ReleaseName {
  readonly name: string;
  /** Hexadecimal. */
  readonly id: string;
}

export interface ModelFile {
  /** Writes the model soon, unless a newer one is offered first. */
  offer(params: Float32Array, facts: ModelFacts): void;
  /** Resolves when the newest offer is on disk. @throws what the disk says. */
  flush(): Promise<void>;
}

export interface ModelFileOptions {
  readonly task: Task;
  readonly taskId: string;
  /** Spares flash storage: a model is written at most this often while the peer runs. */
  readonly writeEveryMs: number;
  /** One sentence for the user. */
  readonly warn?: (message: string) => void;
}

export function createModelFile(path: string, { task, taskId, writeEveryMs, warn }: ModelFileOptions): ModelFile {
  let offered: { params: Float32Array; facts: ModelFacts } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let lastMs = Number.NEGATIVE_INFINITY;
  let failing = false;

  async function write(): Promise<void> {
    if (offered === undefined) return;
    const bytes = encodeModel(offered.params, task, taskId, offered.facts);
    offered = undefined;
    lastMs = performance.now();
    await writeWhole(path, bytes, { mode: 0o600 });
    failing = false;
  }

  /** The next offer tries again. */
  function tell(error: unknown): void {
    const { message } = asDiskFault(error) as Error;
    if (!failing) warn?.(`the model for predictions is not written: ${message}`);
    failing = true;
  }

  return {
    offer(params, facts) {
      offered = { params, facts };
      if (performance.now() - lastMs >= writeEveryMs) {
        lastMs = performance.now();
        writing = writing.then(write).catch(tell);
      }
    },
    flush: () => writing.then(write),
  };
}

/** What a model file says beside its tensors. */
export interface EncodedFacts extends Pick<ModelFacts, "peerId" | "cycle"> {
  readonly age?: number;
  /** What was spent of the privacy budget of its peer, where the task has one. */
  readonly spent?: SavedPrivacy | undefined;
  /** Where it is a release. */
  readonly release?: ReleaseName;
}

/** A model as a safetensors file with the tensors of its task. */
export function encodeModel(params: Float32Array, task: Task, taskId: string, facts: EncodedFacts): Uint8Array {
  const tensors = tensorSlices(task.tensors).map(({ name, shape, offset, length }): Tensor => {
    return { name, shape, dtype: "F32", data: floatsToBytes(params.subarray(offset, offset + length)) };
  });
  return encodeSafetensors(tensors, modelFacts(task, taskId, facts));
}

/** What a model file says beside its tensors, as texts, in whatever format. */
export function modelFacts({ name }: Task, taskId: string, facts: EncodedFacts): Record<string, string> {
  const { peerId, cycle, age, spent, release } = facts;
  return {
    format: "hearsay-model/1",
    name,
    task: taskId,
    peer: peerId,
    cycle: String(cycle),
    ...(age !== undefined && { age: String(age) }),
    ...(spent && spentFacts(spent)),
    ...(release !== undefined && { release: release.name, releaseId: release.id }),
  };
}

/** Epsilon was counted in millionths. */
function spentFacts({ mechanism, epsilon, maxEpsilon, delta, steps }: SavedPrivacy): Record<string, string> {
  const inMillionths = (value: number) => String(Number(value.toFixed(6)));
  return {
    mechanism,
    epsilon: inMillionths(epsilon),
    maxEpsilon: inMillionths(maxEpsilon),
    delta: String(delta),
    noisySteps: String(steps),
  };
}

/**
 * The parameters of a model file of this task.
 * @throws HearsayError ERR_STATE where there is none, ERR_DECODE, or ERR_TASK where its tensors are not the task's.
 */
export async function readModel(
  path: string,
  task: Task,
): Promise<{ params: Float32Array; metadata: Readonly<Record<string, string>> }> {
  const { tensors, metadata } = await decodedModel(path);
  const params = new Float32Array(numParams(task));
  for (const { name, shape, offset } of tensorSlices(task.tensors)) {
    const tensor = tensors.find((candidate) => candidate.name === name);
    const values = tensor && valuesOf(tensor, metadata);
    if (values === undefined || JSON.stringify(tensor?.shape) !== JSON.stringify(shape)) {
      throw new HearsayError(
        "ERR_TASK",
        `${path} has no tensor ${name} of float32, or of int8 with its scale, of shape [${shape}]: it is of another task`,
      );
    }
    params.set(values, offset);
  }
  return { params, metadata };
}

/** @throws HearsayError ERR_STATE where there is none, ERR_DECODE where it is no model, such as one of another format. */
async function decodedModel(path: string): Promise<ReturnType<typeof decodeSafetensors>> {
  const bytes = await readModelBytes(path);
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    if (!isHearsayError(error, "ERR_DECODE")) throw error;
    const message = `${path}: ${error.message}; a model is read as hearsay export writes it in the formats safetensors and safetensors-int8`;
    throw new HearsayError("ERR_DECODE", message, { path }, error);
  }
}

/** @throws HearsayError ERR_STATE where there is none. */
async function readModelBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new HearsayError(
      "ERR_STATE",
      `no model at ${path}: let \`hearsay up\` learn for a moment first, or name another file with --model`,
      { path },
      cause,
    );
  }
}

/**
 * The layers of a model file whose weights are int8, as they are, and what it says beside them; undefined where a weight is not, or no model of this task is
 * computed in 8 bits: `readModel` reads those. @throws HearsayError ERR_STATE where there is no file, ERR_DECODE.
 */
export async function readInt8(
  path: string,
  task: Task,
): Promise<{ layers: readonly Int8Layer[]; metadata: Readonly<Record<string, string>> } | undefined> {
  if (!hasInt8(task)) return undefined;
  const { tensors, metadata } = await decodedModel(path);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const ordered = task.tensors.map(([name, shape]) => {
    const tensor = found.get(name);
    return tensor !== undefined && String(tensor.shape) === String(shape) ? tensor : undefined;
  });
  const layers: Int8Layer[] = [];
  for (let i = 0; i < ordered.length; i += 2) {
    const [kernel, bias] = [ordered[i], ordered[i + 1]];
    const scale = kernel && scaleOf(kernel.name, metadata);
    if (kernel?.dtype !== "I8" || bias?.dtype !== "F32" || scale === undefined) return undefined;
    const { buffer, byteOffset, length } = kernel.data;
    layers.push({
      kernel: { whole: new Int8Array(buffer, byteOffset, length), scale },
      bias: bytesToFloats(bias.data),
    });
  }
  return { layers, metadata };
}

/** In the metadata: what a value of the int8 tensor of this name is multiplied by. */
export function scaleName(tensor: string): string {
  return `scale.${tensor}`;
}

/** Undefined for a dtype that no model of ours has, and int8 without a scale. */
function valuesOf(
  { name, dtype, data }: ReadTensor,
  metadata: Readonly<Record<string, string>>,
): Float32Array | undefined {
  if (dtype === "F32") return bytesToFloats(data);
  const scale = scaleOf(name, metadata);
  if (dtype !== "I8" || scale === undefined) return undefined;
  return dequantise({ whole: Int8Array.from(data), scale });
}

/** Of the int8 tensor of this name; undefined where there is none, or one that is no float32 above 0. */
function scaleOf(tensor: string, metadata: Readonly<Record<string, string>>): number | undefined {
  const scale = Number(metadata[scaleName(tensor)]);
  return scale > 0 && Math.fround(scale) < Number.POSITIVE_INFINITY ? scale : undefined;
}
