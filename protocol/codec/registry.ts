/** The encodings of a parameter vector for the wire, under the names that task, CLI and log share. */
import { toHex } from "../base/bytes.ts";
import { type Registry, registryOf } from "../base/registry.ts";
import { sharedTask } from "../base/shared-tensors.ts";
import type { Task } from "../base/task.ts";
import type { BodyCodec, Codec } from "./codec.ts";
import { f32 } from "./f32.ts";
import { int4 } from "./int4.ts";
import { int8 } from "./int8.ts";

/** Every codec, by name. One more is its file and its place in this list. */
export const CODECS: Registry<Codec> = registryOf([f32, int8, int4]);

/**
 * The codec of a task's bodies, which hold the shared tensors.
 * @param taskId SHA-256 of the manifest.
 * @throws RangeError where the registry has not the codec that the task names.
 */
export function codecOf(
  task: Pick<Task, "codec" | "tensors" | "personal">,
  taskId: Uint8Array,
  codecs: ReadonlyMap<string, Codec> = CODECS,
): BodyCodec {
  const { codec: name, tensors } = sharedTask(task);
  const codec = codecs.get(name);
  if (codec === undefined) throw new RangeError(`codec ${name} is not in the registry`);
  return codec.forLayout({ tensors, task: toHex(taskId) });
}
