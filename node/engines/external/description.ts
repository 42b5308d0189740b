/** What a trainer says of itself, and whether it trains the model of the task. */
import * as z from "zod";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { faultLines, faultsOf } from "../../../protocol/base/faults.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { LearningTask, TensorSpec } from "../../../protocol/base/task.ts";
import { fault } from "./body.ts";

/** Of the frames and their verbs. */
export const TRAINER_PROTOCOL = 1;

const rows = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const description = z.object({
  protocol: z.literal(TRAINER_PROTOCOL),
  name: z
    .string()
    .regex(/^[a-z]{1,32}$/, "give 1 to 32 of a-z")
    .optional(),
  architecture: z.string().min(1).max(LIMITS.maxNameCharacters).optional(),
  tensors: z
    .array(z.tuple([z.string().min(1).max(256), z.array(z.int().min(1)).max(8)]))
    .min(1)
    .max(LIMITS.maxTensors),
  rows: z.object({ train: rows, holdout: rows.default(0) }),
  deterministic: z.boolean().default(false),
  input: z.record(z.string(), z.unknown()).optional(),
  output: z.record(z.string(), z.unknown()).optional(),
});

/** What a trainer says of itself. */
export interface Description {
  /** What it trains with, e.g. `torch`. */
  readonly name?: string | undefined;
  /** Names the model, so that two models of the same tensors are not taken for one. */
  readonly architecture?: string | undefined;
  readonly tensors: readonly TensorSpec[];
  readonly rows: { readonly train: number; readonly holdout: number };
  /** Whether the same request gives the same bits. */
  readonly deterministic: boolean;
  /** The sections of a task, where it has any. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  readonly output?: Readonly<Record<string, unknown>> | undefined;
}

/** @throws HearsayError ERR_TRAINER with every field that is not right. */
export function readDescription(header: unknown): Description {
  const parsed = description.safeParse(header);
  if (parsed.success) return parsed.data;
  throw fault(`described itself wrongly:\n${faultLines(faultsOf(parsed.error, header))}`);
}

/** @throws HearsayError ERR_TASK where it trains another model than the task's, with both. */
export function refuseOther(
  { architecture, tensors }: Description,
  task: Pick<LearningTask, "model" | "tensors">,
): void {
  const { model } = task;
  if (model.kind === "external" && model.architecture !== architecture) {
    const message = `the trainer trains ${architecture ?? "a model without a name"}, the task is about ${model.architecture}`;
    throw new HearsayError("ERR_TASK", `${message}: use the program that goes with the task`);
  }
  const given = new Map(tensors.map(([name, shape]) => [name, JSON.stringify(shape)]));
  for (const [name, shape] of task.tensors) {
    const wanted = JSON.stringify(shape);
    const has = given.get(name);
    if (has !== wanted) {
      const instead = has === undefined ? `none; it has ${[...given.keys()].slice(0, 8).join(", ")}` : has;
      throw new HearsayError(
        "ERR_TASK",
        `the task has a tensor ${name} ${wanted}, the trainer ${instead}: they are of different models`,
      );
    }
    given.delete(name);
  }
  const [more] = given.keys();
  if (more === undefined) return;
  throw new HearsayError(
    "ERR_TASK",
    `the trainer has a tensor ${more} ${given.get(more)}, which the task does not have`,
  );
}
