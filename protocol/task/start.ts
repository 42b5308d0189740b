/**
 * The parameters with which all peers of a task begin: drawn from its seed, or given (`start`, a warm start). Given ones are part of the task, by their hash. Peers that began with
 * different models would not learn one model: the mean of two trained models need not be one, and a rule takes whoever lies far from most for a liar.
 */
import { bytesOf, fromHex, toHex } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Crypto } from "../base/seams.ts";
import type { Task } from "../base/task.ts";
import { initialParams } from "../learn/tensors.ts";

/** The hash by which a task names given parameters: SHA-256 of the float32 values, little-endian, one tensor after the other. */
export function startHash(params: Float32Array, { sha256 }: Pick<Crypto, "sha256">): string {
  return toHex(sha256(bytesOf(params)));
}

/** The hash of the parameters that a task gives; undefined where it draws them. */
export function givenStart({ start }: Pick<Task, "start">): Uint8Array | undefined {
  return start === undefined ? undefined : fromHex(start);
}

/**
 * The initial parameters of a task.
 * @param given those that the task names, where it does.
 * @throws HearsayError ERR_TASK where they are missing, or others.
 */
export function startOf(
  task: Pick<Task, "start" | "tensors" | "seed">,
  given: Float32Array | undefined,
  crypto: Pick<Crypto, "sha256">,
): Float32Array {
  if (task.start === undefined) return drawnFor(task);
  const has = given === undefined ? "none are given" : `those given have the hash ${startHash(given, crypto)}`;
  if (given !== undefined && startHash(given, crypto) === task.start) return given;
  const message = `the task begins with parameters of the hash ${task.start}, and ${has}: take the file of hearsay init --from`;
  throw new HearsayError("ERR_TASK", message, { start: task.start });
}

/** Of tasks that are in use: thousands of simulated peers share one array, which nobody changes. */
const drawn = new WeakMap<Pick<Task, "tensors" | "seed">, Float32Array>();

function drawnFor(task: Pick<Task, "tensors" | "seed">): Float32Array {
  const params = drawn.get(task) ?? initialParams(task.tensors, task.seed);
  drawn.set(task, params);
  return params;
}
