/** `hearsay trainer test`: looks whether a program keeps what a peer asks of a trainer. */
import { performance } from "node:perf_hooks";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { readTaskFile } from "../../disk/state-dir.ts";
import { commandWords } from "../../engines/external/command-words.ts";
import { createExternalTrainer } from "../../engines/external/external.ts";
import { askDescription, type SessionOptions } from "../../engines/external/session.ts";
import { spawnedTrainer } from "../../engines/external/spawned.ts";
import { type TrialResult, tryTrainer } from "../../engines/external/trial.ts";
import { wholeIn } from "../../settings/whole.ts";
import { onOutput } from "../../terminal/colours.ts";
import { EXIT_INVALID } from "../../terminal/fail.ts";
import { printJson, table } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";

interface TestOptions {
  readonly task?: string;
  readonly seconds: string;
  readonly json?: boolean;
}

const MOST_SECONDS = 86_400;

export async function run(given: readonly string[], { task: file, seconds, json }: TestOptions): Promise<void> {
  const limitMs = 1000 * wholeIn("--seconds", seconds, 1, MOST_SECONDS);
  const options = { startMs: limitMs, answerMs: limitMs, limitedBy: "--seconds", anyStarts: true };
  const results = await resultsOf(commandWords(given), file, options);
  const failed = results.filter(({ verdict }) => verdict === "failed");
  if (json) printJson({ ok: failed.length === 0, trials: results });
  else print(`${table(["", "the trainer", "found", "ms"], results.map(row))}\n`);
  if (failed.length > 0) process.exitCode = EXIT_INVALID;
}

/** One failed trial where it does not come as far as to be tried. */
async function resultsOf(
  words: readonly string[],
  file: string | undefined,
  options: SessionOptions,
): Promise<readonly TrialResult[]> {
  const say = (line: string) => tell(`${line}\n`);
  const given = file === undefined ? undefined : await readTaskFile(file);
  const host = spawnedTrainer(words, say);
  const begunMs = performance.now();
  try {
    const task = given ?? (await describedTask(words, say, options));
    return await tryTrainer(await createExternalTrainer(host, task, options), task);
  } catch (error) {
    if (!isHearsayError(error, "ERR_TRAINER") && !isHearsayError(error, "ERR_TASK")) throw error;
    const ms = Math.round(performance.now() - begunMs);
    return [{ claim: "starts, and describes itself", verdict: "failed", found: error.message, ms }];
  } finally {
    await host.close();
  }
}

/** A task about what the program describes. Where it has no input or output of its own, none is predicted. */
async function describedTask(
  words: readonly string[],
  say: (line: string) => void,
  options: SessionOptions,
): Promise<Task> {
  const host = spawnedTrainer(words, say);
  try {
    const { architecture = "unnamed", tensors, input, output } = await askDescription(host, options);
    if (input === undefined || output === undefined) {
      const message =
        "the program does not say its input and output: give --task, or in Python hearsay.Trainer(input=..., output=...)";
      throw new HearsayError("ERR_CONFIG", message);
    }
    return parseTask({ name: "trial", input, output, model: { kind: "external", architecture }, tensors });
  } finally {
    await host.close();
  }
}

const SIGNS: Readonly<Record<TrialResult["verdict"], (text: string) => string>> = {
  ok: onOutput.green,
  failed: onOutput.red,
  "left out": onOutput.dim,
};

function row({ claim, verdict, found, ms }: TrialResult): string[] {
  return [SIGNS[verdict](verdict), claim, found, String(ms)];
}
