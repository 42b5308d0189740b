/** How the commands of data are called: their options and examples. */
import { calls, type Definition, jsonOption, notes, stateOption } from "../options.ts";

export const check: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await import("../../settings/flags.ts");
  const { DATA_CHECKS } = await import("../../data/preflight/registry.ts");
  command
    .addOption(stateOption())
    .option("--task <file>", "task file, where no state directory has the task")
    .option("--config <file>", "configuration (default: config.yaml in the state directory)");
  addSettings(command, [...DATA_PATHS, "data.holdoutPath", "data.strict"])
    .addOption(jsonOption())
    .action(calls(() => import("./check.ts")));
  const list = DATA_CHECKS.map(({ name, about }) => `  ${name.padEnd(11)} ${about}`).join("\n");
  notes(
    command,
    `Reads the data as hearsay up would, and says of each column what it is here and what the task was made for. Nothing leaves this machine.

${list}

Exit status: 0 nothing that would keep the peer from learning; 1 a failure, or with --strict any finding. hearsay up looks at the same, and
tells it; with --strict (or data.strict) it refuses such data.

Examples:
  $ hearsay data check --data mine.csv
  $ hearsay data check --task task.yaml --data mine.csv --label species --json`,
  );
};
