/** How the commands about trainers are called. */
import { calls, type Definition, jsonOption, notes } from "../options.ts";

export const test: Definition = (command) => {
  command
    .argument("<command...>", "the program: ./train.py, or after -- its words, as -- python train.py --size small")
    .option("--task <file>", "the task that it shall train; otherwise what it describes itself")
    .option("--seconds <n>", "the longest that one answer may take", "60")
    .addOption(jsonOption())
    .action(calls(() => import("./test.ts")));
  notes(
    command,
    `Starts a program as hearsay up --trainer would, and looks whether it keeps what a peer asks: shapes, finite numbers, figures, the same bits for the same
request where it claims that, answers in time. Ends with status 3 where something does not hold.

Examples:
  $ hearsay trainer test ./train.py
  $ hearsay trainer test --json -- python train.py`,
  );
};
