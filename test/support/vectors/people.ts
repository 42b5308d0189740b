/** Who and what the protocol vectors are about: everybody can make them again from the seeds. */
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import type { Task, TaskSource } from "../../../protocol/base/task.ts";
import type { BodyCodec, Codec } from "../../../protocol/codec/codec.ts";
import { CODECS } from "../../../protocol/codec/registry.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";

export const SEEDS: readonly Uint8Array[] = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte));
const [writer, reader, successor, witness] = SEEDS.map(identityFromSeed) as [Identity, Identity, Identity, Identity];
export const WRITER: Identity = writer;
export const READER: Identity = reader;
export const SUCCESSOR: Identity = successor;
export const WITNESS: Identity = witness;

/** A whole minute of 2026. */
export const MINUTE = 1_790_000_040_000;

/** As people write it; what is left out has a default. */
export const SOURCE: TaskSource = {
  name: "vectors",
  input: { shape: [3], features: ["a", "b", "é"], mean: [0.5], std: [1, 2, 0.25] },
  output: { kind: "classification", classes: ["no", "yes"] },
  model: { kind: "mlp", hidden: [4] },
  seed: 7,
};

export const TASK: Task = parseTask(SOURCE);
export const MANIFEST: Uint8Array = encodeTask(TASK);
export const TASK_ID: Uint8Array = nodeCrypto.sha256(MANIFEST);
export const CODEC: BodyCodec = (CODECS.get(TASK.codec) as Codec).forLayout({
  tensors: TASK.tensors,
  task: toHex(TASK_ID),
});
export const INITIAL: Float32Array = initialParams(TASK.tensors, TASK.seed);

export function filled(byte: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(byte);
}
