/** `hearsay trainer test`: looks whether a program keeps what a peer asks of a trainer. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { readTaskFile } from "../../disk/state-dir.ts";
import { createExternalTrainer } from "../../engines/external/external.ts";
import { askDescription } from "../../engines/external/session.ts";
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
  const words = commandOf(given);
  const limitMs = 1000 * wholeIn("--seconds", seconds, 1, MOST_SECONDS);
  const say = (line: string) => tell(`${line}\n`);
  const task = file === undefined ? await describedTask(words, say) : await readTaskFile(file);
  const options = { startMs: limitMs, answerMs: limitMs };
  const host = spawnedTrainer(words, say);
  let results: TrialResult[];
  try {
    const trainer = await createExternalTrainer(host, task, options);
    results = await tryTrainer(trainer, task);
  } finally {
    await host.close();
  }
  const failed = results.filter(({ verdict }) => verdict === "failed");
  if (json) printJson({ ok: failed.length === 0, trials: results });
  else print(`${table(["", "the trainer", "found", "ms"], results.map(row))}\n`);
  if (failed.length > 0) process.exitCode = EXIT_INVALID;
}

/** A lone file of Python needs no mark that it is a program. */
function commandOf(words: readonly string[]): readonly string[] {
  const [first = ""] = words;
  return words.length === 1 && first.endsWith(".py") ? ["python3", first] : words;
}

/** A task about what the program describes. Where it has no input or output of its own, none is predicted. */
async function describedTask(words: readonly string[], say: (line: string) => void): Promise<Task> {
  const host = spawnedTrainer(words, say);
  try {
    const { architecture = "unnamed", tensors, input, output } = await askDescription(host);
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
