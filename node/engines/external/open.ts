/** A trainer in a process of its own, as the settings name it, and where models are merged beside it. */
import { join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { mechanismOf } from "../../../protocol/privacy/registry.ts";
import type { LearningThread } from "../client.ts";
import { startMerges } from "../spare-aggregator.ts";
import { attachedTrainer } from "./attaching.ts";
import { commandWords } from "./command-words.ts";
import { createExternalTrainer, type ExternalTrainer } from "./external.ts";
import type { TrainerHost } from "./host.ts";
import { spawnedTrainer } from "./spawned.ts";

/** The settings of `trainer` (settings/trainer.ts). */
export interface TrainerSettings {
  readonly command?: string | readonly string[] | undefined;
  readonly socket?: boolean | undefined;
  readonly startSeconds?: number | undefined;
  readonly answerSeconds?: number | undefined;
  readonly memoryMegabytes?: number | undefined;
}

export interface ExternalOptions {
  readonly settings: TrainerSettings;
  readonly stateDir: string;
  /** Hears what it prints, line by line, and what is waited for. */
  readonly say: (line: string) => void;
}

export function socketPath(stateDir: string): string {
  return join(stateDir, "trainer.sock");
}

/**
 * Whether the task is trained by a program of the owner's: where the settings name one, and no engine else.
 * @throws HearsayError ERR_CONFIG where the settings contradict each other, or the task needs one and there is none.
 */
export function isExternal(
  { engine, trainer }: { readonly engine: string; readonly trainer: TrainerSettings },
  { model }: Pick<Task, "model">,
): boolean {
  const isNamed = trainer.command !== undefined || trainer.socket === true;
  const wants = engine === "external" || (engine === "auto" && (isNamed || model.kind === "external"));
  if (model.kind === "external" && !wants)
    throw new HearsayError(
      "ERR_CONFIG",
      `engine ${engine}: the model of the task is of kind external, which only a program of yours trains: leave engine out`,
    );
  if (isNamed && !wants)
    throw new HearsayError("ERR_CONFIG", `engine ${engine} and trainer are both set: leave one of them out`);
  if (wants && !isNamed)
    throw new HearsayError(
      "ERR_CONFIG",
      "engine external trains with a program of yours: give --trainer 'python train.py', or --trainer-socket where it runs already",
    );
  if (wants && trainer.command !== undefined && trainer.socket === true)
    throw new HearsayError(
      "ERR_CONFIG",
      "trainer.command and trainer.socket: it is started, or it attaches; leave one of them out",
    );
  return wants;
}

/** Waits until the trainer is there. @throws HearsayError ERR_TRAINER, ERR_TASK, ERR_CONFIG. */
export async function openTrainer(task: Task, { settings, stateDir, say }: ExternalOptions): Promise<ExternalTrainer> {
  if (mechanismOf(task).budget?.needsExamples === true) {
    const message = `the task has privacy.mechanism ${task.privacy?.mechanism}, which works in each step of a training: engines do that, and no program of yours; with gaussian-update in the task both can`;
    throw new HearsayError("ERR_CONFIG", message);
  }
  const host = await hostOf(settings, stateDir, say);
  const { startSeconds, answerSeconds, memoryMegabytes } = settings;
  try {
    return await createExternalTrainer(host, task, {
      ...(startSeconds !== undefined && { startMs: 1000 * startSeconds }),
      ...(answerSeconds !== undefined && { answerMs: 1000 * answerSeconds }),
      ...(memoryMegabytes !== undefined && { memoryBytes: 1e6 * memoryMegabytes }),
    });
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** The trainer beside a thread that merges. @throws as `openTrainer`, and ERR_DATA where it has no row to train on. */
export async function startExternal(task: Task, options: ExternalOptions): Promise<LearningThread> {
  const trainer = await openTrainer(task, options);
  if (trainer.numExamples === 0) {
    await trainer.close();
    throw new HearsayError("ERR_DATA", "the trainer says that it has no row to train on");
  }
  const merges = startMerges();
  return {
    trainer,
    aggregator: merges.aggregator,
    async close() {
      await Promise.all([trainer.close(), merges.caller.close()]);
    },
  };
}

async function hostOf(
  { command, socket }: TrainerSettings,
  stateDir: string,
  say: ExternalOptions["say"],
): Promise<TrainerHost> {
  if (socket !== true) return spawnedTrainer(commandWords(command ?? []), say);
  const host = await attachedTrainer(socketPath(stateDir));
  say(`waiting for a trainer to attach to ${host.what}`);
  return host;
}
