/** How the commands of a key are called: their options and examples. */
import { calls, type Definition, jsonOption, notes, passphraseOption, stateOption } from "../options.ts";

const PASSPHRASE_NOTE = `Where a passphrase is needed it comes from --passphrase-file, else from HEARSAY_PASSPHRASE, else it is asked for on the terminal.
Files under a passphrase are age files (age-encryption.org): age -d opens them.`;

interface KeyCommand {
  readonly load: Parameters<typeof calls>[0];
  /** After the name of the command. */
  readonly example: string;
  /** What the argument FILE is, where there is one. */
  readonly file?: string;
  /** For what another passphrase may be named. */
  readonly newFile?: string;
}

/** A command on the key of a state directory. */
function keyCommand({ load, example, file, newFile }: KeyCommand): Definition {
  return (command) => {
    if (file !== undefined) command.argument("<file>", file);
    command.addOption(stateOption()).addOption(passphraseOption());
    if (newFile !== undefined) command.option("--new-passphrase-file <file>", newFile);
    command.addOption(jsonOption()).action(calls(load));
    notes(command, `${PASSPHRASE_NOTE}\n\nExample:\n  $ hearsay key ${example}`);
  };
}

export const create: Definition = (command) => {
  command
    .argument("<file>", "to be written; a key that is there stays")
    .option("--protect", "put it under a passphrase, which is asked for where no file has it")
    .addOption(passphraseOption())
    .addOption(jsonOption())
    .action(calls(() => import("./new.ts")));
  notes(
    command,
    `Its peer id is what a task names under releases.keys. A key that signs releases need not be on a device that learns.

Examples:
  $ hearsay key new release.key
  $ hearsay key new release.key --protect`,
  );
};

export const show: Definition = keyCommand({ load: () => import("./show.ts"), example: "show --json" });

export const protect: Definition = keyCommand({
  load: () => import("./protect.ts"),
  example: "protect --passphrase-file words.txt",
  newFile: "the passphrase to come, where the key has one already",
});

export const unprotect: Definition = keyCommand({ load: () => import("./unprotect.ts"), example: "unprotect" });

export const backup: Definition = keyCommand({
  load: () => import("./backup.ts"),
  example: "backup ~/safe/peer.age",
  file: "to be written",
  newFile: "the passphrase of the backup, where it is not that of the key",
});

export const restore: Definition = keyCommand({
  load: () => import("./restore.ts"),
  example: "restore ~/safe/peer.age --state .hearsay",
  file: "a backup",
});

export const rotate: Definition = keyCommand({ load: () => import("./rotate.ts"), example: "rotate" });

export const revoke: Definition = (command) => {
  keyCommand({ load: () => import("./revoke.ts"), example: "revoke --yes" })(command);
  command.option("--yes", "really");
};
