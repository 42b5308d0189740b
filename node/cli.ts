#!/usr/bin/env node
/** The command line. Which commands there are stands in `command-list.ts`; only what is called is loaded. */
import { Command, CommanderError } from "commander";
import { COMMANDS, type Group, type Leaf } from "./command-list.ts";
import { guardOutput } from "./terminal/output.ts";
import { tell } from "./terminal/terminal.ts";

const NEEDED = 22;
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < NEEDED) {
  process.stderr.write(
    `hearsay needs Node ${NEEDED} or newer, this is ${process.version}. A checkout has one after npm ci:\n` +
      '  export PATH="$PWD/node_modules/.bin:$PATH"\n' +
      "A project that has hearsay as a package gets one, which npx takes:\n  npm install node@24\n",
  );
  process.exit(1);
}

const EXIT_USAGE = 2;

/** The command that is called, and its group: the first words of the command line, `help` apart. */
const words = process.argv.slice(2).filter((word) => !word.startsWith("-") && word !== "help");

let called: Command | undefined;

/** Puts the commands of a list under one; the called one with its options, the others with name and description only. */
async function addAll(parent: Command, listed: readonly (Leaf | Group)[], depth = 0): Promise<void> {
  for (const entry of listed) {
    const command = parent.command(entry.name, { hidden: entry.hidden === true }).description(entry.about);
    if ("commands" in entry) {
      if (entry.examples !== undefined) command.addHelpText("after", entry.examples);
      await addAll(command, entry.commands, depth + 1);
    } else if (words[depth] === entry.name && (depth === 0 || words[0] === parent.name())) {
      called = command;
      await (await entry.load())(command);
    }
  }
}

const program = new Command("hearsay")
  .description("Federated learning without a server: peers gossip models, and merge them robustly.")
  .version("0.1.0")
  .showHelpAfterError("(hearsay <command> --help shows the options)")
  .addHelpText(
    "after",
    `
Examples:
  $ hearsay demo                                    eight peers, two of them liars, on this machine
  $ hearsay init --template digits                  write task.yaml
  $ hearsay up --task task.yaml --dataset digits    start learning; prints an invite
  $ hearsay join 'hearsay:<task id>@<address>' && hearsay up --data mine.csv
  $ hearsay status
  $ hearsay predict --data new.csv
  $ hearsay sim run scenario.yaml                   experiments: the same peers by the thousand, simulated
`,
  );

guardOutput();
program.exitOverride().configureOutput({ writeErr: tell }); // it repeats what it was given
await addAll(program, COMMANDS);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else await failed(error);
}

/** With the option that named the file, where one cannot be read. */
async function failed(error: unknown): Promise<void> {
  const { fail } = await import("./terminal/fail.ts");
  const { namedFiles } = await import("./commands/options.ts");
  const { readFault } = await import("./disk/read-fault.ts");
  fail(readFault(error, called === undefined ? [] : namedFiles(called)));
}
