/** The task that a peer works on, and what follows from it. */
import type { Crypto } from "../base/seams.ts";
import { sharedMask, sharedTask } from "../base/shared-tensors.ts";
import type { Task } from "../base/task.ts";
import type { BodyCodec } from "../codec/codec.ts";
import { codecOf } from "../codec/registry.ts";
import { encodeTask } from "../task/manifest.ts";
import { taskNames } from "../wire/messages.ts";

export interface Subject {
  /** The task as the network sees it: only with the tensors that peers share (base/shared-tensors.ts). */
  readonly task: Task;
  /** Bit mask of the shared tensors, among all of the manifest. */
  readonly shared: Uint8Array;
  /** The manifest's canonical bytes. */
  readonly manifest: Uint8Array;
  /** SHA-256 of `manifest`. */
  readonly taskId: Uint8Array;
  /** The names of topics and protocols. */
  readonly names: ReturnType<typeof taskNames>;
  readonly codec: BodyCodec;
}

/** One for each task object: thousands of simulated peers share it. */
const subjects = new WeakMap<Task, Subject>();

export function createSubject(task: Task, { sha256 }: Pick<Crypto, "sha256">): Subject {
  const known = subjects.get(task);
  if (known !== undefined) return known;
  const manifest = encodeTask(task);
  const taskId = sha256(manifest);
  const seen = { task: sharedTask(task), shared: sharedMask(task) };
  const subject = { ...seen, manifest, taskId, names: taskNames(taskId), codec: codecOf(task, taskId) };
  subjects.set(task, subject);
  return subject;
}
