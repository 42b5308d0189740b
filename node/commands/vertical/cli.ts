/** How the commands of vertical learning are called: their options and examples. */
import { Option } from "commander";
import { calls, type Definition, jsonOption, notes, outputOption, passphraseOption, stateOption } from "../options.ts";

const SESSION = "first digits of the session, where the state directory has several";

const tableOptions: Definition = (command) =>
  command
    .requiredOption("--data <file>", "your table: .csv or .tsv, also .gz, with a header line")
    .requiredOption("--id <column>", "the column that identifies the entities, written the same way by all parties")
    .option("--columns <names>", "columns to use as features (default: all others)")
    .option("--drop <names>", "columns to leave out; '#3' is the third");

export const offer: Definition = (command) => {
  tableOptions(command);
  command
    .requiredOption("--label <column>", "the column that is to be predicted; no other party has it")
    .addOption(
      new Option("--kind <kind>", "what is learned: one of two classes, or a number")
        .choices(["logistic", "linear"])
        .default("logistic"),
    )
    .option("--parties <n>", "how many parties there will be, you among them: 2 to 4", "2")
    .option("--purpose <text>", "what it is for, as the others will read it", "")
    .option("--ridge <weight>", "weight of half the squared norm of the weights", "0.01")
    .option("--epochs <n>", "at most so many", "200")
    .option("--listen <multiaddr...>", "where the others connect to", ["/ip4/0.0.0.0/tcp/0"])
    .addOption(stateOption())
    .addOption(passphraseOption())
    .addOption(jsonOption("print JSON lines"))
    .action(calls(() => import("./offer.ts")));
  notes(
    command,
    `Prints an invite, waits for the others, and finds which ids all have. What each learns: protocol/vertical/README.md.

Example:
  $ hearsay vertical offer --data patients.csv --id number --label ill --listen /ip4/192.0.2.1/tcp/4020`,
  );
};

export const join: Definition = (command) => {
  command.argument("<invite>", "hearsay-vertical:<session>@<address>[,<address>...], as offer prints it");
  tableOptions(command);
  command
    .option("-y, --yes", "do not ask")
    .addOption(stateOption())
    .addOption(passphraseOption())
    .addOption(jsonOption("print JSON lines"))
    .action(calls(() => import("./join.ts")));
  notes(
    command,
    `Shows what is offered and what others will learn of your table, asks, and finds which ids all have.

Example:
  $ hearsay vertical join 'hearsay-vertical:7c0e...@/ip4/192.0.2.1/tcp/4020/p2p/12D3KooW...' --data blood.csv --id number`,
  );
};

export const train: Definition = (command) => {
  command
    .option("--session <digits>", SESSION)
    .addOption(stateOption())
    .addOption(passphraseOption())
    .addOption(jsonOption("print JSON lines"))
    .action(calls(() => import("./train.ts")));
  notes(
    command,
    `Run it on all sides. Each keeps its own weights, after every epoch: where a party leaves, the same command goes on from there.

Example:
  $ hearsay vertical train`,
  );
};

export const predict: Definition = (command) => {
  command
    .requiredOption("--data <file>", "rows with the same columns; the label may be missing")
    .option("--session <digits>", SESSION)
    .addOption(stateOption())
    .addOption(passphraseOption())
    .addOption(outputOption("write the CSV to a file (the party with the labels gets the answers)"))
    .addOption(jsonOption("print JSON lines instead of CSV"))
    .action(calls(() => import("./predict.ts")));
  notes(
    command,
    `Run it on all sides, each with its own columns of the new rows.

Example:
  $ hearsay vertical predict --data new.csv -o answers.csv`,
  );
};
