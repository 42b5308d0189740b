/** How the commands of releases are called. */
import { type Command, Option } from "commander";
import { calls, type Definition, jsonOption, notes, passphraseOption, stateOption } from "../options.ts";

/** Options of a command that signs. */
function signs(command: Command): Command {
  return command
    .addOption(stateOption())
    .addOption(new Option("--key <file>", "key that signs, one of the task's releases.keys (default: the peer's own)"))
    .addOption(passphraseOption())
    .addOption(jsonOption());
}

export const tag: Definition = (command) => {
  signs(command.argument("<name>", "letters, digits, points and hyphens, as v7")).action(
    calls(() => import("./tag.ts")),
  );
  notes(
    command,
    `The statement names the model by its hash, where the peer's log stood, and how good it is on the peer's hold-out.

Example:
  $ hearsay tag v7`,
  );
};

export const gate: Definition = (command) => {
  command
    .argument("<release>", "its name, or the beginning of its id")
    .argument("<expression>", 'what has to hold, as "accuracy >= 0.96 and worst_class >= 0.9"');
  signs(command).action(calls(() => import("./gate.ts")));
  notes(
    command,
    `Every peer looks on its own hold-out, votes with a signed yes or no, and does not serve what fails there.

Example:
  $ hearsay gate v7 "accuracy >= 96% and worst_class >= 0.9"`,
  );
};

export const rollout: Definition = (command) => {
  command
    .argument("<release>", "its name, or the beginning of its id")
    .addOption(
      new Option("--ring <rings>", "canary, all, or a share such as 10%; several follow each other").default("all"),
    )
    .addOption(new Option("--every <minutes>", "between two rings").default("10"));
  signs(command).action(calls(() => import("./rollout.ts")));
  notes(
    command,
    `An order holds once enough release keys have signed the same one. Those for later rings are signed at once too, and the peer keeps them: it says the next one when
the ring before has stood for the time of --every, while nine in ten votes on each gate are yes. The command ends at once. hearsay releases shows what waits, and why.
Any other order ends it, such as a rollback; so does deleting the peer. A peer that is off says nothing, and goes on when it runs again.

Examples:
  $ hearsay rollout v7 --ring canary
  $ hearsay rollout v7 --ring canary,10%,all --every 30`,
  );
};

export const rollback: Definition = (command) => {
  command.argument("[release]", "to which; the one before where left out");
  signs(command).action(calls(() => import("./rollback.ts")));
  notes(command, "Example:\n  $ hearsay rollback v6");
};

export const releases: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./list.ts")));
  notes(command, "Example:\n  $ hearsay releases");
};
