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

export const lags: Definition = (command) => {
  command
    .requiredOption("--data <file>", "a table with a column of times and one of values, in the order of time")
    .requiredOption("--time <column>", "the column of the time")
    .requiredOption("--target <column>", "the column that is to be forecast")
    .requiredOption("--step <span>", "from one row to the next: 15m, 1h, 1d")
    .option(
      "--lag <steps>",
      "which values are known at the moment of the forecast, 1 the newest: 1..7, or 1,2,7",
      "1..7",
    )
    .option("--horizon <steps>", "how much later the target is", "1")
    .option("--owner <column>", "the column that names whose series a row is of")
    .option("--zone <name>", "the zone of times that name none: Europe/Berlin (default: UTC)")
    .option("--ahead", "at the end, a row without a target for each series: what comes next, for hearsay predict")
    .addOption(outputOption("the file to write").makeOptionMandatory())
    .addOption(jsonOption())
    .action(calls(() => import("./lags.ts")));
  notes(
    command,
    `A step that is missing is not bridged: rows that would need it are left out, and counted. Of a step of days, a day is a day of the calendar; of shorter steps the moments
count, so that with --zone the hour that summer time leaves out is no gap, and the one that comes twice is two.

Example:
  $ hearsay data lags --data load.csv --time when --target load --step 1h --lag 1..24 --zone Europe/Berlin -o rows.csv
  $ hearsay init --template regression --data rows.csv --label load --drop when`,
  );
};
