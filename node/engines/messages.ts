/**
 * What the client (`client.ts`) and its worker thread (`worker.ts`) say to each other. Arrays cross by transfer of
 * their buffers, so each side sends only what it owns: `owned` copies where that is not so.
 */
import { ERROR_CODES, type ErrorCode, HearsayError } from "../../protocol/base/errors.ts";
import type { FitRequest, RuleInput, Split, TrainerRows } from "../../protocol/base/learning-seams.ts";
import type { LearningTask } from "../../protocol/base/task.ts";
import type { Dataset, Numbers } from "../../protocol/learn/data/dataset.ts";
import type { BackendName } from "./backend-name.ts";
import type { SharedMemory } from "./model-memory.ts";

export interface EngineOptions {
  readonly task: LearningTask;
  /** Raw (not normalised) rows. */
  readonly train: Dataset;
  readonly holdout?: Dataset;
  /** One of `ENGINE_CHOICES` (registry.ts). */
  readonly engine: string;
  /** Forces the backend of engine tensorflow; by default the fastest that loads. */
  readonly backend?: BackendName;
  /** Threads on which a large model is aggregated, that of the engine among them; by default one a core, at most 4. */
  readonly threads?: number;
}

export type EngineCall =
  | { readonly method: "fit"; readonly request: FitRequest }
  | { readonly method: "evaluate"; readonly params: Float32Array; readonly split: Split }
  | { readonly method: "predict"; readonly params: Float32Array; readonly inputs: Numbers }
  | { readonly method: "outputMoments"; readonly params: Float32Array }
  | { readonly method: "rowMoments" }
  | { readonly method: "replace"; readonly data: TrainerRows }
  /** Before the first vectors that lie in it; once. */
  | { readonly method: "share"; readonly memory: SharedMemory }
  | {
      readonly method: "aggregate";
      readonly rule: string;
      readonly parameters: Readonly<Record<string, number>>;
      readonly input: RuleInput;
    };

export interface ToWorker {
  readonly id: number;
  readonly call: EngineCall;
}

/** The first answer, id 0, says that the engine is ready: its value is an `EngineFacts`. */
export type FromWorker =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError };

export interface EngineFacts {
  readonly engine: string;
  readonly numExamples: number;
  readonly warning?: string;
}

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The array itself where it spans the whole of its buffer, else a copy: what may be transferred without harm to another
 * view.
 */
export function owned(array: Float32Array): Float32Array<ArrayBuffer>;
export function owned(array: Numbers): Numbers<ArrayBuffer>;
export function owned(array: Numbers): Numbers<ArrayBuffer> {
  const { buffer } = array;
  return buffer instanceof ArrayBuffer && buffer.byteLength === array.byteLength
    ? (array as Numbers<ArrayBuffer>)
    : array.slice();
}

/** The input with other vectors in place of its own. */
export function replaceVectors(
  { own, base, candidates, ...rest }: RuleInput,
  replace: (vector: Float32Array) => Float32Array,
): RuleInput {
  return {
    ...rest,
    own: replace(own),
    ...(base !== undefined && { base: replace(base) }),
    candidates: candidates.map(({ params, weightQ16, mass = 1 }) => ({ params: replace(params), weightQ16, mass })),
  };
}

export function errorToPlain(error: unknown): PlainError {
  if (error instanceof HearsayError)
    return { name: error.name, message: error.message, code: error.code, details: error.details };
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

/** HearsayError, RangeError and TypeError as they were; anything else, from the depths of an engine, as ERR_ENGINE. */
export function errorFromPlain({ name, message, code, details }: PlainError): Error {
  if (code !== undefined && (ERROR_CODES as readonly string[]).includes(code))
    return new HearsayError(code as ErrorCode, message, details);
  if (name === "RangeError") return new RangeError(message);
  if (name === "TypeError") return new TypeError(message);
  return new HearsayError("ERR_ENGINE", `the training engine failed: ${message}`, { name });
}
