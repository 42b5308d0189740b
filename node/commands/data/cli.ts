/** How the commands of data are called: their options and examples. */
import {
  calls,
  type Definition,
  jsonOption,
  notes,
  outputOption,
  passphraseOption,
  policyOption,
  stateOption,
} from "../options.ts";

export const check: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await import("../../settings/flags.ts");
  const { DATA_CHECKS } = await import("../../data/preflight/registry.ts");
  command
    .addOption(stateOption())
    .option("--task <file>", "task file, where no state directory has the task")
    .option("--config <file>", "configuration (default: config.yaml in the state directory)");
  addSettings(command, [...DATA_PATHS, "data.holdoutPath", "data.strict"])
    .addOption(policyOption())
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

export const statistics: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await import("../../settings/flags.ts");
  command
    .requiredOption("--task <file>", "the task file, whose mean and std are to be agreed on")
    .addOption(stateOption());
  addSettings(
    command,
    DATA_PATHS.filter((path) => path !== "data.dataset"),
  )
    .addOption(outputOption("the file to write").default("statistics.json"))
    .addOption(policyOption())
    .addOption(passphraseOption())
    .addOption(jsonOption())
    .action(calls(() => import("./statistics.ts")));
  notes(
    command,
    `Before anybody trains, all peers must have one mean and one spread of each column. Each site writes what it has; whoever writes the task runs hearsay data
agree over the files. The file holds, of each column: how many readings, mean, and spread; signed, where the state directory has a key. Where the task hides
data (privacy) it is refused: such figures have no noise.

Example:
  $ hearsay data statistics --task task.yaml --data mine.csv -o site-a.json`,
  );
};

export const agree: Definition = (command) => {
  command
    .argument("<task>", "a task file that names its columns (input.features)")
    .argument("<files...>", "what hearsay data statistics wrote at each site")
    .addOption(outputOption("the file to write (default: the task file)"))
    .option("--signed", "refuse files that nobody has signed")
    .addOption(jsonOption())
    .action(calls(() => import("./agree.ts")));
  notes(
    command,
    `Mean: the median of the sites' means. Spread: of the median of their spreads, and of how far their means lie apart. Each site has one vote, and fewer than half
of them cannot move a figure beyond what others say. Anybody who has the files gets the same task from them, and so the same task id.

Example:
  $ hearsay data agree task.yaml site-a.json site-b.json site-c.json -o agreed.yaml`,
  );
};
