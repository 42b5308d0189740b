/** How the doctor is called: its options and examples. */
import { calls, type Definition, jsonOption, notes, stateOption } from "../options.ts";

export const doctor: Definition = async (command) => {
  const { addSettings, FLAGGED } = await import("../../settings/flags.ts");
  command
    .addOption(stateOption())
    .option("--task <file>", "task file, where no state directory has the task")
    .option("--config <file>", "configuration (default: config.yaml in the state directory)")
    .option("--quick", "only what hearsay up looks at before it learns");
  addSettings(command, FLAGGED)
    .addOption(jsonOption())
    .action(calls(() => import("./doctor.ts")));
  notes(
    command,
    `Looks at this machine, the state directory and the network, and says what is ok, what may hurt, and what keeps a peer from working, each with what to do.
Nothing is changed. It works while the peer runs, and while it does not. Known peers are dialled for a moment, about 10 kB each, beside any budget. node/doctor/README.md has a row for
each check.

Exit status: 0 no failure; 1 a failure.

Examples:
  $ hearsay doctor
  $ hearsay doctor --task task.yaml --data mine.csv --label species
  $ hearsay doctor --json`,
  );
};
