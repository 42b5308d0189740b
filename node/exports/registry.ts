/** The formats in which `hearsay export` writes a model. One more is its file and its place in this list. */
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type EncodedFacts, encodeModel, modelFacts } from "../disk/model-file.ts";
import { encodeInt8 } from "./int8.ts";
import { encodeOnnx } from "./onnx.ts";
import { encodeTfjs, WEIGHTS_FILE } from "./tfjs.ts";

export interface ExportFile {
  /** Beside the first one; empty for the first. */
  readonly beside: string;
  readonly bytes: Uint8Array;
}

export interface ExportFormat {
  readonly name: string;
  readonly about: string;
  /** Where no name is given. */
  readonly file: string;
  /** @throws HearsayError ERR_CONFIG where the format has no such model. */
  encode(params: Float32Array, task: Task, taskId: string, facts: EncodedFacts): Promise<readonly ExportFile[]>;
}

const safetensors: ExportFormat = {
  name: "safetensors",
  about: "the tensors of the task; any kind of model",
  file: "model.safetensors",
  encode: async (params, task, taskId, facts) => [{ beside: "", bytes: encodeModel(params, task, taskId, facts) }],
};

const int8: ExportFormat = {
  name: "safetensors-int8",
  about: "the same with weights of 8 bits, a quarter of the bytes; hearsay predict --model reads it",
  file: "model.safetensors",
  encode: async (params, task, taskId, facts) => [
    { beside: "", bytes: encodeInt8(params, task, modelFacts(task, taskId, facts)) },
  ],
};

const onnx: ExportFormat = {
  name: "onnx",
  about: "for onnxruntime; all but what a program of yours trains",
  file: "model.onnx",
  encode: async (params, task, taskId, facts) => [
    { beside: "", bytes: await encodeOnnx(params, task, modelFacts(task, taskId, facts)) },
  ],
};

const onnxInt8: ExportFormat = {
  name: "onnx-int8",
  about: "the same with weights of 8 bits, of which onnxruntime makes floats; softmax, mlp and cnn",
  file: "model.onnx",
  encode: async (params, task, taskId, facts) => [
    { beside: "", bytes: await encodeOnnx(params, task, modelFacts(task, taskId, facts), "int8") },
  ],
};

const tfjs: ExportFormat = {
  name: "tfjs",
  about: "for TensorFlow.js, with weights.bin beside it; all but what a program of yours trains",
  file: "model.json",
  async encode(params, task, taskId, facts) {
    const { json, weights } = await encodeTfjs(params, task, modelFacts(task, taskId, facts));
    return [
      { beside: "", bytes: utf8(json) },
      { beside: WEIGHTS_FILE, bytes: weights },
    ];
  },
};

export const EXPORT_FORMATS: ReadonlyMap<string, ExportFormat> = new Map(
  [safetensors, int8, onnx, onnxInt8, tfjs].map((format) => [format.name, format]),
);
