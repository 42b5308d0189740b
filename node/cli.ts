#!/usr/bin/env node
/** The command line. Each command is a file in `commands/`, loaded when it is called. */
import { Command, CommanderError, Option } from "commander";
import { guardOutput } from "./terminal/output.ts";
import { tell } from "./terminal/terminal.ts";

const NEEDED = 22;
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < NEEDED) {
  process.stderr.write(
    `hearsay needs Node ${NEEDED} or newer, this is ${process.version}. A checkout has one after npm ci:\n` +
      '  export PATH="$PWD/node_modules/.bin:$PATH"\n',
  );
  process.exit(1);
}

const EXIT_USAGE = 2;
const STATE = new Option("-s, --state <dir>", "state directory of the peer").default(".hearsay").env("HEARSAY_STATE");
const JSON_FLAG = new Option("--json", "print JSON");

/** Data options, shared by the commands that read examples. */
function withData(command: Command): Command {
  return withTable(
    command
      .option("--data <file>", "examples: .csv, .tsv (also .gz), .npy or .safetensors")
      .option("--dataset <name>", "a shipped set instead: digits, motes, mnist")
      .option("--label <column>", "column of the class in a table (default: the one that the task names)")
      .option("--targets <file>", ".npy file of the targets")
      .option("--owner <column>", "column that names the owner of a row"),
  );
}

/** How a table is to be read, where its reader cannot know. */
function withTable(command: Command): Command {
  return command
    .option("--columns <names>", "columns to use as features, separated by commas (default: all others)")
    .option("--drop <names>", "columns to leave out; '#3' is the third")
    .option("--missing <values>", 'values that mean "no reading", as -9999,NA; empty: an empty field')
    .option("--encoding <name>", "of the file, as windows-1252 (default: found out)")
    .option("--delimiter <sign>", "between fields: , ; | or tab (default: found out)")
    .option("--decimal <mark>", "point or comma (default: found out)");
}

async function run(module: Promise<{ run(...args: never[]): Promise<void> }>, args: unknown[]): Promise<void> {
  await (await module).run(...(args as never[]));
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

withTable(
  program
    .command("init")
    .description("write a task file from a template")
    .option("--data <file>", "take columns, classes, mean and std from this table, and tell what was taken")
    .option("--label <column>", "column of the class, or of the targets (separated by commas)")
    .option("--owner <column>", "column that names the owner of a row: no feature"),
)
  .option("-t, --template <name>", 'digits, motes, mnist, csv or regression (default: "digits"; with --data: "csv")')
  .option("-o, --output <file>", "the file to write", "task.yaml")
  .option("--name <name>", "name of the task (a-z, 0-9, -)")
  .option("--peers <n>", "how many peers you expect: sets inbox size and quorum", "8")
  .option("--model <file>", "layers instead of the template's model: model.json of tfjs, or to_json() of Keras 2 or 3")
  .option("-f, --force", "overwrite the file")
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
Examples:
  $ hearsay init
  $ hearsay init --data flowers.csv --label species --peers 4
  $ hearsay init --template regression --data houses.csv --label price
  $ hearsay init --data sensors.csv --label state --owner station --drop time --missing -9999
Names with a comma stand in double quotes: --drop '"a, b",c'. A missing reading is read as the mean of its column.
`,
  )
  .action((...args) => run(import("./commands/peer/init.ts"), args));

program
  .command("join")
  .description(
    "fetch the task that an invite names, check it by its hash, show what it will cost here, and ask before it is saved",
  )
  .argument(
    "<invite...>",
    "hearsay:<task id>@<address>[,<address>...], as `up` and `status` print it; lines are put together",
  )
  .addOption(STATE)
  .option("-y, --yes", "save the task without asking: needed where there is no terminal, and with --json")
  .addOption(JSON_FLAG)
  .addHelpText("after", "\nExample:\n  $ hearsay join 'hearsay:3f0c...@/ip4/192.0.2.7/tcp/4001/p2p/12D3KooW...'\n")
  .action((...args) => run(import("./commands/peer/join.ts"), args));

withData(program.command("up"))
  .description("run the peer: learn from own data and from other peers until stopped")
  .addOption(STATE)
  .option("--task <file>", "task file; needed the first time, unless joined by invite")
  .option("--config <file>", "configuration (default: config.yaml in the state directory)")
  .option("--listen <addresses>", "multiaddrs to listen on, separated by commas")
  .option("--bootstrap <addresses>", "multiaddrs of known peers, separated by commas")
  .option("--no-mdns", "do not look for peers on the local network")
  .option("--engine <name>", "auto, dense or tensorflow")
  .option("--min-cycle <ms>", "shortest time between two trainings")
  .option("--holdout <fraction>", "share of the examples kept for evaluation")
  .option("--holdout-by <how>", "chance, or time: the last rows of each owner")
  .option("--holdout-data <file>", "a file of examples for evaluation instead")
  .option("--share <i/n>", "train on share i of n of the data, for trials")
  .option(
    "--partition <how>",
    "how shares are cut: iid, dirichlet:<alpha>, label-dirichlet:<alpha>, shards:<per peer>, owner",
  )
  .option("--seed <n>", "seed of hold-out and shares")
  .option("--log-level <level>", "debug, info, warn, error or silent")
  .option("--seconds <n>", "stop after this time")
  .option("--passphrase-file <file>", "file with the passphrase of the key, where it has one (or HEARSAY_PASSPHRASE)")
  .addHelpText(
    "after",
    `
Examples:
  $ hearsay up --task task.yaml --data mine.csv --label species
  $ hearsay up --task task.yaml --dataset digits --share 1/4 --partition dirichlet:0.5
  $ hearsay up --bootstrap /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW...
Settings may also stand in config.yaml (same names; see node/README.md) or in HEARSAY_* environment variables.
`,
  )
  .action(async (...args) => {
    const { restartInLittleMemory } = await import("./little-memory.ts");
    restartInLittleMemory();
    await run(import("./commands/peer/up.ts"), args);
  });

program
  .command("status")
  .description("what the running peer is doing")
  .addOption(STATE)
  .addOption(JSON_FLAG)
  .addHelpText("after", "\nExample:\n  $ hearsay status --json\n")
  .action((...args) => run(import("./commands/peer/status.ts"), args));

program
  .command("why")
  .description("who moved the peer's model, and who was left out: over the last 256 cycles")
  .addOption(STATE)
  .option("--peer <id>", "what became of one peer, merge by merge; the end of its id is enough")
  .option("-n, --last <n>", "with --peer: only the last n merges", "20")
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
A model is moved by its own training and by what it merges. share: the part of the model that a peer made, mean over all merges, of
which the 50 newest count for most; with the own share, 100 %. influence: the same over the merges that it was in. distance: from
the own model, of the usual distance in that merge. left out: how often, and by which rule the last time.

Examples:
  $ hearsay why
  $ hearsay why --peer Zx3kQw9b
  $ hearsay why --json
`,
  )
  .action((...args) => run(import("./commands/peer/why.ts"), args));

withData(program.command("eval"))
  .description("accuracy or error of the peer's model on examples with known answers")
  .addOption(STATE)
  .option("--model <file>", "a model file instead of the peer's")
  .option("--engine <name>", "auto, dense or tensorflow", "auto")
  .addOption(JSON_FLAG)
  .addHelpText("after", "\nExamples:\n  $ hearsay eval --data test.csv\n  $ hearsay eval --dataset digits --json\n")
  .action((...args) => run(import("./commands/peer/eval.ts"), args));

withTable(
  program
    .command("predict")
    .description("predictions of the peer's model, also while it learns or without a network")
    .requiredOption("--data <file>", "inputs: .csv, .tsv (also .gz), .npy or .safetensors; other columns are ignored"),
)
  .addOption(STATE)
  .option("-o, --output <file>", "write the CSV to a file")
  .option("--model <file>", "a model file instead of the peer's")
  .option("--engine <name>", "auto, dense or tensorflow", "auto")
  .option("--json", "print JSON lines instead of CSV")
  .addHelpText("after", "\nExample:\n  $ hearsay predict --data new.csv -o answers.csv\n")
  .action((...args) => run(import("./commands/peer/predict.ts"), args));

program
  .command("export")
  .description("the peer's model as a safetensors file")
  .addOption(STATE)
  .option("-o, --output <file>", "the file to write", "model.safetensors")
  .addOption(JSON_FLAG)
  .addHelpText("after", "\nExample:\n  $ hearsay export -o digits.safetensors\n")
  .action((...args) => run(import("./commands/peer/export.ts"), args));

const log = program
  .command("log")
  .description("the peer's append-only log: who took part, with what, and what came of it");
log
  .command("show")
  .description("the entries, newest last")
  .addOption(STATE)
  .option("-n, --last <n>", "only the last n entries", "20")
  .option("--generation <n>", "an earlier log of the key, where it had to begin another (default: the current one)")
  .addOption(JSON_FLAG)
  .addHelpText("after", "\nExample:\n  $ hearsay log show --last 50\n")
  .action((...args) => run(import("./commands/log/show.ts"), args));
log
  .command("verify")
  .description(
    "check chain, signatures, tree, checkpoints: of the peer's own log, or of an exported one, without anything else",
  )
  .argument(
    "[files...]",
    "an exported log (CAR or JSONL) instead of the peer's own; or two exports of one log, to find a fork",
  )
  .addOption(STATE)
  .option("--peer <id>", "the peer whose log it must be")
  .option("--checkpoint <file>", "a checkpoint of the log that came another way: it must be of this history")
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
Exit status: 0 it holds; 1 could not run; 2 usage; 3 invalid: something is not as its writer signed it; 4 a fork: the writer has signed
two histories; 5 incomplete: what is there holds, but the end is missing. A file is also held against what
its writer announced to the peer of --state, where that peer has heard of it.

Examples:
  $ hearsay log verify
  $ hearsay log verify audit.car --peer 12D3KooW...
  $ hearsay log verify audit.jsonl --checkpoint note.txt
  $ hearsay log verify monday.car friday.car
`,
  )
  .action((...args) => run(import("./commands/log/verify.ts"), args));
log
  .command("repair")
  .description(
    "after damage to the disk: says what is left of the log, and lets the peer go on without contradicting itself",
  )
  .addOption(STATE)
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
What verifies stays as it is; what does not is moved aside, never deleted. If entries were lost, the peer begins a new log at its next start.

Example:
  $ hearsay log repair --state ./peer
`,
  )
  .action((...args) => run(import("./commands/log/repair.ts"), args));
log
  .command("export")
  .description("the whole log in one file, verifiable without this machine")
  .addOption(STATE)
  .option("-o, --output <file>", "write to a file instead of standard output")
  .option("--format <name>", "jsonl: JSON lines; car: CARv1, blocks by CID (default: car for FILE.car, else jsonl)")
  .option("--bodies", "car only: with the model bodies and parameters that the log names and this machine still has")
  .option("--redacted", "jsonl only: without what names other peers; chain, signatures, tree and forks still show")
  .option("--generation <n>", "an earlier log of the key, where it had to begin another (default: the current one)")
  .addHelpText(
    "after",
    "\nExamples:\n  $ hearsay log export -o audit.jsonl\n  $ hearsay log export -o audit.car --bodies\n  $ hearsay log export -o shown.jsonl --redacted\n",
  )
  .action((...args) => run(import("./commands/log/export.ts"), args));

log
  .command("audit")
  .description("do again what a log says was done: what is proved, what is missing, what is false")
  .argument("[what]", "an exported log, or the id of a neighbour of the running peer, instead of the peer's own log")
  .addOption(STATE)
  .option("--generation <n>", "an earlier log of the key, where it had to begin another (default: the current one)")
  .option(
    "--budget <parts>",
    "what it may cost: entries=n,bytes=n,seconds=n, with k, M, G, T (default: entries=2M,bytes=1T,seconds=3600)",
  )
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
Verifies chain, signatures, tree, checkpoints and cosignatures; then that every training continues the model before, at its age; that every
published body is what the training gave; and repeats every merge: the same inputs, rule and weights must give the same model, to the bit.
Models come from the export, from bodies/ in the state directory, and for a neighbour from that peer or from their authors. What the audit may cost
is yours to say: entries, bytes that are read, seconds.

Exit status: 0 all of it is proved; 1 could not run; 2 usage; 3 something is false; 4 a fork; 5 nothing is false, but models or the end of
the log are missing, or the budget was spent.

Examples:
  $ hearsay log audit
  $ hearsay log audit audit.car
  $ hearsay log audit 12D3KooW... --json
  $ hearsay log audit audit.car --budget bytes=2G,seconds=60
`,
  )
  .action((...args) => run(import("./commands/log/audit.ts"), args));

const key = program.command("key").description("the key that is this peer: passphrase, backup, replacement, end");
const PASSPHRASE_NOTE = `
Where a passphrase is needed it comes from --passphrase-file, else from HEARSAY_PASSPHRASE, else it is asked for on the terminal.
Files under a passphrase are age files (age-encryption.org): age -d opens them.
`;

/** A command on the key of a state directory; `newFile` says for what another passphrase may be named. */
function keyCommand(usage: string, description: string, examples: string, newFile?: string): Command {
  const command = key
    .command(usage)
    .description(description)
    .addOption(STATE)
    .option("--passphrase-file <file>", "file with the passphrase");
  if (newFile !== undefined) command.option("--new-passphrase-file <file>", newFile);
  return command.addOption(JSON_FLAG).addHelpText("after", `${PASSPHRASE_NOTE}\n${examples}\n`);
}

keyCommand(
  "show",
  "peer id, public key, and whether there is a passphrase",
  "Example:\n  $ hearsay key show --json",
).action((...args) => run(import("./commands/key/show.ts"), args));
keyCommand(
  "protect",
  "put the key file under a passphrase, or under another one",
  "Example:\n  $ hearsay key protect --passphrase-file words.txt",
  "the passphrase to come, where the key has one already",
).action((...args) => run(import("./commands/key/protect.ts"), args));
keyCommand("unprotect", "take the passphrase off the key file", "Example:\n  $ hearsay key unprotect").action(
  (...args) => run(import("./commands/key/unprotect.ts"), args),
);
keyCommand(
  "backup <file>",
  "write the key to a file under a passphrase, and how far its log had come; also while the peer runs",
  "Example:\n  $ hearsay key backup ~/safe/peer.age",
  "the passphrase of the backup, where it is not that of the key",
).action((...args) => run(import("./commands/key/backup.ts"), args));
keyCommand(
  "restore <file>",
  "take the key of a backup into a state directory that has none; its log begins a new generation",
  "Example:\n  $ hearsay key restore ~/safe/peer.age --state .hearsay",
).action((...args) => run(import("./commands/key/restore.ts"), args));
keyCommand(
  "rotate",
  "replace the key by a new one, which goes on with model and acquaintances; both sign it in the old log",
  "Example:\n  $ hearsay key rotate",
).action((...args) => run(import("./commands/key/rotate.ts"), args));
keyCommand(
  "revoke",
  "end the key for ever, and tell others: when it was stolen, or to leave",
  "Example:\n  $ hearsay key revoke --yes",
)
  .option("--yes", "really")
  .action((...args) => run(import("./commands/key/revoke.ts"), args));

program
  .command("demo")
  .description("real peers on this machine, some of them liars, against learning alone and plain averaging")
  .option("--peers <n>", "processes", "8")
  .option("--attackers <n>", "of them, send sign-flipped models three times the size", "2")
  .option("--dataset <name>", "digits, motes or mnist", "digits")
  .option(
    "--partition <how>",
    "iid, dirichlet:<alpha>, label-dirichlet:<alpha>, shards:<per peer>, owner",
    "dirichlet:0.5",
  )
  .option("--seconds <n>", "time to learn in each of the two networks", "42")
  .option("--seed <n>", "seed of shares and initial model", "1")
  .option("--task <file>", "another task file than the data set's template")
  .addOption(JSON_FLAG)
  .addHelpText(
    "after",
    `
Everything runs on loopback. With --json the last line is one JSON object:
  peers, attackers, seconds; alone, mean and robust, each {meanAccuracy, minAccuracy} over the honest peers;
  updates: models published in the robust network; bytesPerUpdate: bytes that its peers sent, for each;
  logsVerified: how many logs hold, of both networks.

Examples:
  $ npm run demo
  $ npm run demo -- --peers 6 --attackers 1 --seconds 20 --json
`,
  )
  .action((...args) => run(import("./commands/demo/demo.ts"), args));

const sim = program
  .command("sim")
  .description("simulate thousands of peers: experiments from YAML scenarios, the same bytes for the same seed")
  .addHelpText(
    "after",
    `
Examples:
  $ hearsay sim list                                       algorithms, attacks and data sets
  $ hearsay sim run scenario.yaml                          one experiment; its report in a directory
  $ hearsay sim sweep scenario.yaml --grid attack.share=0.1,0.2,0.3 --seeds 1..5
  $ hearsay sim compare median/ krum/                      means, intervals, paired differences
`,
  );
const each = (value: string, before: readonly string[] = []) => [...before, value];

function withOverrides(command: Command): Command {
  return command
    .option("--peers <n>", "number of peers, in place of the scenario's")
    .option(
      "--set <path=value>",
      "another value in the scenario; may be repeated. The value is YAML, null takes it out",
      each,
    );
}

withOverrides(sim.command("run"))
  .description("run one scenario")
  .argument("<file>", "the scenario")
  .option("--seed <n>", "seed, in place of the scenario's")
  .option("-o, --out <dir>", "directory of the report (default: <name>-<hash>-s<seed>, none with --json)")
  .option("--no-out", "write no files")
  .option("--json", "print JSON; no files without --out")
  .addHelpText(
    "after",
    `
The directory holds scenario.yaml (complete: it runs again), summary.json, series.jsonl, peers.jsonl and report.html. The same
scenario and seed give the same bytes. With --json the last line is the summary with wallSeconds, cpuSeconds and out beside it.
Traces, as in churn: { kind: trace, sessions: { file: churn.csv } }, lie beside the scenario. Ctrl-C writes nothing.

Examples:
  $ hearsay sim run scenario.yaml --seed 2
  $ hearsay sim run scenario.yaml --peers 1000 --set partition=dirichlet:0.1 --set 'attack={kind: alie, share: 0.2}'
  $ hearsay sim run scenario.yaml --json --out results/first
`,
  )
  .action((...args) => run(import("./commands/sim/run.ts"), args));
withOverrides(sim.command("sweep"))
  .description("run a scenario with every combination of some values, under several seeds, over all cores")
  .argument("<file>", "a scenario, or { scenario: {...}, grids: [{ path: [values] }], seeds: [1, 2, 3] }")
  .option("--grid <path=values>", "values of a path, separated by commas; may be repeated: all combinations", each)
  .option("--seeds <list>", "1..5, or 1,2,7 (default: those of the file)")
  .option("--shard <i/n>", "only part i of n of the runs, for many machines")
  .option("--workers <n>", "threads (default: one for each core)")
  .option("-o, --out <dir>", "directory of the results (default: <name>-sweep)")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    `
Each run is a file in DIR/runs, named by hash and seed. A sweep that was stopped goes on where it was: runs that are there are not
run again. DIR/results.csv, results.jsonl and report.html are made from all runs in DIR. A run that fails stops no other; the exit
status is then 1. With --json the last line is {out, runs, done, skipped, failed, wallSeconds, cpuSeconds}.
Many machines: sim/kubernetes.yaml and sim/slurm.sbatch run --shard, and hearsay sim merge joins.

Examples:
  $ hearsay sim sweep scenario.yaml --grid task.aggregation.rule=median,mean --seeds 1..5
  $ hearsay sim sweep scenario.yaml --grid 'attack=null,{kind: alie, share: 0.2}' --grid partition=iid,dirichlet:0.1
  $ hearsay sim sweep matrix.yaml --shard 2/8 --out shard-2
  $ hearsay sim sweep matrix.yaml --shard $((JOB_COMPLETION_INDEX + 1))/8
`,
  )
  .action((...args) => run(import("./commands/sim/sweep.ts"), args));
sim
  .command("merge")
  .description("join the runs of several sweeps, such as shards; refuses two results of one hash and seed")
  .argument("<dirs...>", "directories of sweeps")
  .requiredOption("-o, --out <dir>", "directory of the whole; runs that are there already stay")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  $ hearsay sim merge shard-1 shard-2 --out whole\n")
  .action((...args) => run(import("./commands/sim/merge.ts"), args));
sim
  .command("compare")
  .description("runs side by side: means over seeds, 95 % intervals, differences paired by seed")
  .argument(
    "<paths...>",
    "run files, directories of runs, or of sweeps; the first is what the others are compared with",
  )
  .option("--html <file>", "write the comparison with plots")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nRuns of one scenario are a group, whatever their seeds and places. To compare the groups of a sweep with a certain one of\n" +
      "them, name a run of that one first.\n\nExamples:\n" +
      "  $ hearsay sim compare median-1f0c77aa-s1 krum-90aa2b11-s1\n  $ hearsay sim compare before/ after/ --html change.html\n" +
      "  $ hearsay sim compare sweep/runs/1f0c77aa2b119e3d-s1.json sweep\n",
  )
  .action((...args) => run(import("./commands/sim/compare.ts"), args));
sim
  .command("list")
  .description("algorithms, attacks with their options and sources, and data sets")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  $ hearsay sim list --json\n")
  .action((...args) => run(import("./commands/sim/list.ts"), args));
sim
  .command("vehicles")
  .description("write a trace of contacts between vehicles on a grid of streets")
  .requiredOption("-o, --out <file>", "the CSV file")
  .option("--vehicles <n>", "how many", "30")
  .option("--seconds <n>", "length of the trace", "600")
  .option("--blocks <n>", "blocks along each side of the square")
  .option("--block-metres <n>", "length of a block")
  .option("--speed <n>", "metres per second")
  .option("--speed-spread <n>", "each vehicle is up to this share faster or slower")
  .option("--range <n>", "metres within which two vehicles are in contact")
  .option("--seed <n>", "seed", "1")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  $ hearsay sim vehicles --vehicles 100 --blocks 12 --out contacts.csv\n")
  .action((...args) => run(import("./commands/sim/vehicles.ts"), args));
sim
  .command("report", { hidden: true })
  .description("in a checkout: run the sweeps of sim/scenarios, and write tables and plots of them into sim/results")
  .argument("<what>", "attacks or measurements")
  .option("--no-run", "only write, from the runs that are there")
  .option("--cut", "attacks: five minutes of them, on the screen")
  .option("--workers <n>", "threads (default: one for each core)")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nRuns lie in .results; what is there is not run again.\n\nExamples:\n" +
      "  $ npm run report:attacks -- --no-run\n  $ npm run report:attacks -- --cut\n  $ npm run report:sim\n",
  )
  .action((...args) => run(import("./commands/sim/report.ts"), args));

guardOutput();
for (const command of [program, ...program.commands, ...log.commands, ...key.commands, ...sim.commands])
  command.exitOverride().configureOutput({ writeErr: tell }); // it repeats what it was given

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else (await import("./terminal/fail.ts")).fail(error);
}
