/** How the commands of the policy are called: their options and examples. */
import { calls, type Definition, jsonOption, notes, policyOption, stateOption } from "../options.ts";

export const check: Definition = (command) => {
  command
    .argument("<file>", "a policy, as policy.yaml")
    .addOption(jsonOption())
    .action(calls(() => import("./check.ts")));
  notes(
    command,
    `Exit status: 0 right; 1 wrong: every fault is named, with what would be right. hearsay schema policy prints the JSON Schema.

Examples:
  $ hearsay policy check policy.yaml
  $ hearsay policy check /etc/hearsay/policy.yaml --json`,
  );
};

export const show: Definition = async (command) => {
  const { addSettings, FLAGGED } = await import("../../settings/flags.ts");
  command
    .addOption(stateOption())
    .option("--task <file>", "task file, where no state directory has the task")
    .option("--config <file>", "configuration (default: config.yaml in the state directory)")
    .addOption(policyOption());
  addSettings(command, FLAGGED)
    .addOption(jsonOption())
    .action(calls(() => import("./show.ts")));
  notes(
    command,
    `What leaves this machine under the task, the settings and the policies that hold: what, to whom, when, under which protection; what stays here; and
what the policies say to it. No data are read.

Policies hold together, and none lifts what another one forbids: /etc/hearsay/policy.yaml, policy.yaml in the state directory, the file of
HEARSAY_POLICY, and that of --policy.

Exit status: 0 what the policies allow; 1 what they do not.

Examples:
  $ hearsay policy show
  $ hearsay policy show --task task.yaml --policy site.yaml --json`,
  );
};
