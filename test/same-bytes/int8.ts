/** Digests, as of `digests.ts`, of predictions in 8 bits: what a tiny machine may have in place of a model of floats. */
import { nodeCrypto } from "../../node/crypto.ts";
import { loadNamedSet } from "../../node/data/sets.ts";
import { toHex } from "../../protocol/base/bytes.ts";
import { createInt8Trainer, type Int8Layer, NO_PARAMS } from "../../protocol/learn/dense/int8.ts";
import { quantise } from "../../protocol/learn/smaller.ts";
import { initialParams, tensorSlices } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

const { train, task: source } = await loadNamedSet("digits");
const task = parseTask({ ...source, model: { kind: "mlp", hidden: [20], activation: "tanh" } });
const params = initialParams(task.tensors, 1);
const values = tensorSlices(task.tensors).map(({ offset, length }) => params.subarray(offset, offset + length));
const layers = values.flatMap((bias, i): Int8Layer[] =>
  i % 2 === 0 ? [] : [{ kernel: quantise(values[i - 1] as Float32Array, 8), bias }],
);
for (const plain of [false, true]) {
  const { inputs } = train;
  const predictions = await createInt8Trainer({ task, train, layers, plain }).predict(NO_PARAMS, inputs);
  const bytes = new Uint8Array(predictions.buffer, predictions.byteOffset, predictions.byteLength);
  process.stdout.write(`${toHex(nodeCrypto.sha256(bytes))}  int8${plain ? ", plain" : ""}\n`);
}
