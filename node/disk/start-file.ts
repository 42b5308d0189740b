/**
 * `start.safetensors` in the state directory: the parameters with which a task begins that names them (protocol/task/start.ts). They come from the file of
 * `hearsay init --from`, by `hearsay up --start` or, with an invite, from a peer.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { floatsToBytes } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type ReadTensor,
  tensorValues,
} from "../../protocol/codec/safetensors.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import { startOf } from "../../protocol/task/start.ts";
import { nodeCrypto } from "../crypto.ts";
import { writeWhole } from "./whole-file.ts";

type Layout = Pick<Task, "tensors">;

function startPath(stateDir: string): string {
  return join(stateDir, "start.safetensors");
}

/**
 * The parameters in a file, of whatever float dtype, as float32.
 * @throws HearsayError ERR_TASK where the file is of another architecture, with both shapes; ERR_DATA for values that are not finite; ERR_DECODE.
 */
export async function readStart(path: string, task: Layout): Promise<Float32Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new HearsayError(
      "ERR_CONFIG",
      `${path}: cannot be read; look whether it is there, and yours to read`,
      { path },
      cause,
    );
  });
  const given = new Map(tensorsIn(path, bytes).map((tensor) => [tensor.name, tensor]));
  const params = new Float32Array(numParams(task));
  for (const { name, shape, offset } of tensorSlices(task.tensors)) {
    const tensor = given.get(name);
    if (JSON.stringify(tensor?.shape) !== JSON.stringify(shape)) throw other(path, task, given);
    params.set(tensorValues(tensor as ReadTensor), offset);
    given.delete(name);
  }
  if (given.size > 0) throw other(path, task, new Map(decodeSafetensors(bytes).tensors.map((one) => [one.name, one])));
  const bad = params.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new HearsayError("ERR_DATA", `${path}: value ${bad} is ${params[bad]}; give a model of finite values`);
  return params;
}

/** @throws HearsayError ERR_DECODE, with the path, where it is another file. */
function tensorsIn(path: string, bytes: Uint8Array): readonly ReadTensor[] {
  try {
    return decodeSafetensors(bytes).tensors;
  } catch (error) {
    if (!isHearsayError(error, "ERR_DECODE")) throw error;
    const message = `${path}: ${error.message}; give the parameters as hearsay export or hearsay.save_file writes them`;
    throw new HearsayError("ERR_DECODE", message, { path }, error);
  }
}

/**
 * The parameters with which the task begins, where it names them; undefined where it draws them.
 * @param file of them, needed where the state directory has none yet. It is kept there.
 * @throws HearsayError ERR_TASK where they are others than the task's, ERR_STATE where they are missing, ERR_CONFIG for a file that no task asks for.
 */
export async function openStart(stateDir: string, task: Task, file?: string): Promise<Float32Array | undefined> {
  if (task.start === undefined) {
    if (file === undefined) return undefined;
    throw new HearsayError(
      "ERR_CONFIG",
      "--start: the task draws its first parameters from its seed; leave it out, or make a task with hearsay init --from",
    );
  }
  if (file !== undefined) {
    const params = startOf(task, await readStart(file, task), nodeCrypto);
    await storeStart(stateDir, task, params);
    return params;
  }
  const stored = await readStart(startPath(stateDir), task).catch((cause: unknown) => {
    const message = `${stateDir} lacks the parameters with which the task begins: give --start FILE, the file of hearsay init --from; or join by an invite`;
    throw new HearsayError("ERR_STATE", message, { start: task.start }, cause);
  });
  return startOf(task, stored, nodeCrypto);
}

/** Writes them into a state directory. */
export async function storeStart(stateDir: string, { tensors }: Layout, params: Float32Array): Promise<void> {
  const file = encodeSafetensors(
    tensorSlices(tensors).map(({ name, shape, offset, length }) => {
      return { name, shape, dtype: "F32", data: floatsToBytes(params.subarray(offset, offset + length)) };
    }),
  );
  await writeWhole(startPath(stateDir), file, { mode: 0o600 });
}

const SHOWN = 6;

function other(path: string, { tensors }: Layout, given: ReadonlyMap<string, ReadTensor>): HearsayError {
  const list = (all: readonly (readonly [string, readonly number[]])[]) =>
    `${all
      .slice(0, SHOWN)
      .map(([name, shape]) => `${name} [${shape}]`)
      .join(", ")}${all.length > SHOWN ? ", ..." : ""}`;
  const has = list([...given.values()].map(({ name, shape }) => [name, shape] as const));
  const message = `${path} is of another architecture: it has ${has}; the task has ${list(tensors)}`;
  return new HearsayError("ERR_TASK", message, { path });
}
