/** How the commands of the configuration are called: their options and examples. */
import { calls, type Definition, jsonOption, notes, outputOption, pluginOption, stateOption } from "../options.ts";

export const show: Definition = async (command) => {
  const { addSettings, FLAGGED } = await import("../../settings/flags.ts");
  command
    .addOption(stateOption())
    .option("--config <file>", "configuration (default: config.yaml in the state directory)");
  addSettings(command, FLAGGED)
    .addOption(jsonOption())
    .action(calls(() => import("./show.ts")));
  notes(
    command,
    `What hearsay up would run with: flags, then HEARSAY_* variables, then the file, then the preset, then defaults; the first that says
something holds. A setting may stand in a variable of its name: HEARSAY_DATA_PATH is data.path. With --json: { SETTING: { value, from,
name, variable, flag } }.

Examples:
  $ hearsay config show
  $ hearsay config show --preset metered --min-cycle 60000
  $ hearsay config show --config other.yaml --json`,
  );
};

export const check: Definition = (command) => {
  command
    .argument("[file]", "a configuration (default: config.yaml in the state directory)")
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./check.ts")));
  notes(
    command,
    `Exit status: 0 right; 2 wrong: every fault is named, with what would be right.

Examples:
  $ hearsay config check
  $ hearsay config check other.yaml --json`,
  );
};

export const schema: Definition = async (command) => {
  const { SCHEMA_NAMES } = await import("./schemas.ts");
  const { alternatives } = await import("../../settings/words.ts");
  command
    .argument("<what>", alternatives(SCHEMA_NAMES))
    .addOption(outputOption("write to a file instead of standard output"))
    .addOption(pluginOption())
    .action(calls(() => import("./schema.ts")));
  notes(
    command,
    `JSON Schema (2020-12) of what people write, for editors and other programs. What depends on several fields at once, such as a quorum
within the inbox, is checked by hearsay alone.

Examples:
  $ hearsay schema config > config.schema.json
  $ hearsay schema task -o task.schema.json
  $ hearsay schema scenario --plugin ./mine.ts   with the names that the plugin adds`,
  );
};
