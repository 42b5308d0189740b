/** How the commands of services are called. */
import { type Command, Option } from "commander";
import { calls, type Definition, jsonOption, notes, stateOption } from "../options.ts";

function unit(command: Command): Command {
  return command
    .addOption(new Option("--name <name>", "of the unit").default("hearsay"))
    .option("--system", "a unit of the machine, under /etc/systemd/system, as root; else one of the user")
    .addOption(jsonOption());
}

export const install: Definition = (command) => {
  unit(command.addOption(stateOption()))
    .option("--account <name>", "with --system: the account that it runs as (default: whoever installs it)")
    .option("--memory-max <bytes>", "systemd ends a peer that needs more (default: 1G)")
    .option("--memory-high <bytes>", "once it learns, the kernel takes back what is above this (default: nothing)")
    .option("--print", "print the unit, and install nothing")
    .action(calls(() => import("./install.ts")));
  notes(
    command,
    `The peer's settings come from config.yaml in its state directory: systemd gives it no flags.

Examples:
  $ hearsay service install --state .hearsay
  $ sudo hearsay service install --system --account pi --state /home/pi/.hearsay
  $ hearsay service install --print`,
  );
};

export const status: Definition = (command) => {
  unit(command).action(calls(() => import("./status.ts")));
  notes(command, "Example:\n  $ hearsay service status");
};

export const uninstall: Definition = (command) => {
  unit(command).action(calls(() => import("./uninstall.ts")));
  notes(command, "Example:\n  $ hearsay service uninstall");
};
