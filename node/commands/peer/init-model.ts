/** `hearsay init --model FILE`: a layers model in place of the template's, with its tensors listed. */
import { open, stat } from "node:fs/promises";
import type { Document } from "yaml";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { inputSize } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";

const CONVERT = "`tensorflowjs_converter --input_format=keras FILE.h5 DIRECTORY` writes DIRECTORY/model.json";
const TO_JSON = 'in Python, `open("model.json", "w").write(keras.saving.load_model("FILE").to_json())`';
const SAVED =
  'in Python, `open("model.json", "w").write(tf_keras.models.load_model("DIRECTORY").to_json())` (pip install tf_keras)';
const BY_HAND = "build the same layers in Keras, and give what model.to_json() returns";

/** Other files of models, by how they begin. */
const KINDS: readonly (readonly [begin: string, kind: string, remedy: string])[] = [
  ["\x89HDF\r\n\x1a\n", "an HDF5 file (Keras .h5)", `${TO_JSON}; or ${CONVERT}`],
  ["\x80", "a pickle of Python (PyTorch .pt)", BY_HAND],
  ["\x1f\x8b", "a gzip file", "unpack it with gunzip"],
];

/** Files without a mark of their own, by name. */
const NAMES: readonly (readonly [end: RegExp, kind: string, remedy: string])[] = [
  [/\.onnx$/i, "an ONNX file", BY_HAND],
  [/\.pb$/i, "a graph of TensorFlow (SavedModel)", `${SAVED} where Keras wrote it, else ${BY_HAND}`],
  [/\.tflite$/i, "a TensorFlow Lite file, which cannot be trained", BY_HAND],
  [/\.(?:safetensors|npz|bin|weights)$/i, "a file of weights", "give the file of the layers: model.json"],
  [/\.ya?ml$/i, "a YAML file", "write it with model.to_json() instead of model.to_yaml()"],
  [/\.py$/i, "a program, which is never run", "give what model.to_json() returns in it"],
];

/**
 * Sets the document's `model` and `tensors`, and `input.shape` where the model takes as many numbers in another shape.
 * Returns what it did, for people.
 */
export async function useTopology(document: Document, path: string): Promise<string> {
  const text = await readModelFile(path);
  const { readTopology, inputShapeOf } = await import("../../engines/topology.ts");
  const { tensorsOfTopology } = await import("../../engines/tensorflow.ts");
  const json = readTopology(text);
  const flow = (value: unknown) => document.createNode(value, { flow: true });
  const parse = () => parseTask({ ...document.toJS(), model: { kind: "softmax" } });
  const shape = inputShapeOf(json);
  const { input } = parse(); // inputs and outputs, which the model must fit
  const same = shape === undefined || JSON.stringify(shape) === JSON.stringify(input.shape);
  const fits = !same && inputSize({ input: { shape } }) === inputSize({ input });
  if (fits) document.setIn(["input", "shape"], flow(shape));
  // in one form for all peers, whichever Keras wrote it
  const topology = JSON.stringify(json);
  document.set("model", document.createNode({ kind: "layers", topology }));
  const tensors = await tensorsOfTopology(topology, parse());
  document.set("tensors", flow(tensors));
  const count = tensors.reduce((sum, [, dims]) => sum + dims.reduce((product, n) => product * n, 1), 0);
  const reshaped = fits ? `; input.shape is now [${shape}], the numbers of a row in order` : "";
  return `${path}: ${counted(json.config.layers.length, "layer")}, ${counted(count, "parameter")}${reshaped}`;
}

/** @throws HearsayError ERR_CONFIG for a file that is not read, and what it is. */
async function readModelFile(path: string): Promise<string> {
  const fault = (what: string, cause?: unknown) =>
    new HearsayError("ERR_CONFIG", `--model ${path}: ${what}`, { path }, cause);
  const cannot = (cause: unknown): never => {
    throw fault("cannot be read; look whether it is there, and yours to read", cause);
  };
  const status = await stat(path).catch(cannot);
  if (status.isDirectory()) {
    throw fault(
      `it is a directory; give the model.json of tfjs in it, or, where it is a SavedModel of Keras: ${SAVED}`,
    );
  }
  if (!status.isFile()) throw fault("it is no regular file; give a JSON file");
  const handle = await open(path).catch(cannot);
  try {
    const begin = Buffer.alloc(8);
    await handle.read(begin, 0, 8, 0);
    const kind = kindOf(begin, path);
    if (kind !== undefined) throw fault(`it is ${kind[0]}; give a JSON file of the layers: ${kind[1]}`);
    if (status.size > LIMITS.maxManifestBytes) {
      throw fault(
        `it has ${status.size} bytes; a task holds a model of at most ${LIMITS.maxManifestBytes}: give the layers without ` +
          "the weights (model.to_json(), or tfjs' model.json without its .bin files)",
      );
    }
    return decode(await handle.readFile(), fault);
  } finally {
    await handle.close();
  }
}

function kindOf(begin: Buffer, path: string): readonly [kind: string, remedy: string] | undefined {
  const text = begin.toString("latin1");
  if (text.startsWith("PK")) {
    const [pytorch, keras] = [/\.(?:pt|pth|ckpt|bin)$/i.test(path), "a zip file (Keras 3 .keras, or PyTorch .pt)"];
    if (pytorch) return ["a zip file of PyTorch", BY_HAND];
    return [keras, `${TO_JSON}; what PyTorch wrote: ${BY_HAND}`];
  }
  const byMark = KINDS.find(([mark]) => text.startsWith(mark));
  if (byMark !== undefined) return [byMark[1], byMark[2]];
  const byName = NAMES.find(([end]) => end.test(path));
  return byName === undefined ? undefined : [byName[1], byName[2]];
}

function decode(bytes: Buffer, fault: (what: string, cause?: unknown) => HearsayError): string {
  if (bytes.length === 0) throw fault("it is empty; give the JSON of a model: model.to_json()");
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw fault("it is no text in UTF-8; give the JSON of a model: model.to_json()", cause);
  }
}
