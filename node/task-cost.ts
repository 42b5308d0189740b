/** What a task will cost a machine: upper bounds from the task alone, so that they can be shown before it is joined. The formulas stand in README.md. */
import { inputSize, numParams, outputSize, type Task } from "../protocol/base/task.ts";
import { codecOf } from "../protocol/codec/registry.ts";
import { AUTO, engineFor } from "./engines/registry.ts";
import { DEFAULTS } from "./settings/table.ts";

export interface TaskCost {
  /** Of one model body. */
  readonly modelBytes: number;
  /** While it learns, without the data. */
  readonly memoryBytes: number;
  /** Models that are pulled in a day, and as many that are served. */
  readonly networkBytesPerDay: number;
  /** Written in a day: the log, the newest model, and what audits need. */
  readonly diskBytesPerDay: number;
  /** Kept of what audits need, at most; the log grows by `logBytesPerDay` for ever. */
  readonly archiveBytes: number;
  readonly logBytesPerDay: number;
  /** Name of the engine that trains it where nothing else is configured. */
  readonly engine: string;
}

export interface CostSettings {
  readonly minCycleMs: number;
  readonly archiveBytes: number;
  readonly archiveBytesPerMinute: number;
}

/** The defaults of `config.yaml`. */
export const DEFAULT_COST_SETTINGS: CostSettings = {
  minCycleMs: DEFAULTS.minCycleMs,
  archiveBytes: 1e6 * DEFAULTS.retention.megabytes,
  archiveBytesPerMinute: 1e6 * DEFAULTS.retention.megabytesPerMinute,
};

const DAY_MS = 86_400_000;
/** The id of a task changes no length. */
const ANY_TASK = new Uint8Array(32);
/** The frames of a body's chunks, and the proof that comes with it. */
const BYTES_BESIDE_A_BODY = 4096;
/** train, publish and aggregate without parents, with signatures and what the tree adds; a parent. */
const LOG_BYTES_A_CYCLE = 1500;
const LOG_BYTES_A_PARENT = 100;
/** The model for predictions is written at most so often. */
const MODEL_FILE_EVERY_MS = 2000;

export function costOf(task: Task, settings: CostSettings = DEFAULT_COST_SETTINGS): TaskCost {
  const parameterBytes = 4 * numParams(task);
  const { maxBytes: bodyBytes, isLossless } = codecOf(task, ANY_TASK);
  const { inboxSize, memory } = task.aggregation;
  const cycles = DAY_MS / settings.minCycleMs;
  const held = 2 * Math.max(inboxSize, memory) + 8; // of others, and own ones: in use, published, base, smoothed
  const { name: engine, processBytes } = engineFor(AUTO, task);
  const activations = 4 * task.training.batch * (outputSize(task) + inputSize(task));
  const logBytesPerDay = cycles * (LOG_BYTES_A_CYCLE + LOG_BYTES_A_PARENT * Math.max(inboxSize, memory));
  const modelFileBytes = (DAY_MS / Math.max(MODEL_FILE_EVERY_MS, settings.minCycleMs)) * parameterBytes;
  const vectors = isLossless ? 1 : 2; // the base of a training; and what it gave, where no body holds it to the bit
  const audits = Math.min(
    cycles * ((inboxSize + 1) * bodyBytes + vectors * parameterBytes),
    (DAY_MS / 60_000) * settings.archiveBytesPerMinute,
  );
  return {
    modelBytes: bodyBytes,
    memoryBytes: processBytes + held * parameterBytes + 4 * activations,
    networkBytesPerDay: 2 * cycles * inboxSize * (bodyBytes + BYTES_BESIDE_A_BODY),
    diskBytesPerDay: logBytesPerDay + modelFileBytes + audits,
    archiveBytes: settings.archiveBytes,
    logBytesPerDay,
    engine,
  };
}
