/** How the commands of a log are called: their options and examples. */
import {
  calls,
  type Definition,
  generationOption,
  jsonOption,
  lastOption,
  notes,
  outputOption,
  stateOption,
} from "../options.ts";

export const show: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(lastOption("only the last n entries"))
    .addOption(generationOption())
    .addOption(jsonOption())
    .action(calls(() => import("./show.ts")));
  notes(command, "Example:\n  $ hearsay log show --last 50");
};

export const verify: Definition = (command) => {
  command
    .argument(
      "[files...]",
      "an exported log (CAR or JSONL) instead of the peer's own; or two exports of one log, to find a fork",
    )
    .addOption(stateOption())
    .option("--peer <id>", "the peer whose log it must be")
    .option("--checkpoint <file>", "a checkpoint of the log that came another way: it must be of this history")
    .addOption(jsonOption())
    .action(calls(() => import("./verify.ts")));
  notes(
    command,
    `Exit status: 0 it holds; 1 could not run; 2 usage; 3 invalid: something is not as its writer signed it; 4 a fork: the writer has signed
two histories; 5 incomplete: what is there holds, but the end is missing. A file is also held against what
its writer announced to the peer of --state, where that peer has heard of it. A fork is told to that peer, which bans the key and tells others:
at once where it runs, else at its next start.

Examples:
  $ hearsay log verify
  $ hearsay log verify audit.car --peer 12D3KooW...
  $ hearsay log verify audit.jsonl --checkpoint note.txt
  $ hearsay log verify monday.car friday.car`,
  );
};

export const repair: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./repair.ts")));
  notes(
    command,
    `What verifies stays as it is; what does not is moved aside, never deleted. If entries were lost, the peer begins a new log at its next start.

Example:
  $ hearsay log repair --state ./peer`,
  );
};

export const exportLog: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(outputOption("write to a file instead of standard output"))
    .option("--format <name>", "jsonl: JSON lines; car: CARv1, blocks by CID (default: car for FILE.car, else jsonl)")
    .option("--bodies", "car only: with the model bodies and parameters that the log names and this machine still has")
    .option("--redacted", "jsonl only: without what names other peers; chain, signatures, tree and forks still show")
    .addOption(generationOption())
    .action(calls(() => import("./export.ts")));
  notes(
    command,
    `Examples:
  $ hearsay log export -o audit.jsonl
  $ hearsay log export -o audit.car --bodies
  $ hearsay log export -o shown.jsonl --redacted`,
  );
};

export const audit: Definition = (command) => {
  command
    .argument("[what]", "an exported log, or the id of a neighbour of the running peer, instead of the peer's own log")
    .addOption(stateOption())
    .addOption(generationOption())
    .option(
      "--budget <parts>",
      "what it may cost: entries=n,bytes=n,seconds=n, with k, M, G, T (default: entries=2M,bytes=1T,seconds=3600)",
    )
    .addOption(jsonOption())
    .action(calls(() => import("./audit.ts")));
  notes(
    command,
    `Verifies chain, signatures, tree, checkpoints and cosignatures; then that every training continues the model before, at its age; that every
published body is what the training gave; and repeats every merge: the same inputs, rule and weights must give the same model, to the bit.
Models come from the export, from bodies/ in the state directory, and for a neighbour from that peer or from their authors. What the audit may cost
is yours to say: entries, bytes that are read, seconds. A fork is told to the peer of --state, as by hearsay log verify.

Exit status: 0 all of it is proved; 1 could not run; 2 usage; 3 something is false; 4 a fork; 5 nothing is false, but models or the end of
the log are missing, or the budget was spent.

Examples:
  $ hearsay log audit
  $ hearsay log audit audit.car
  $ hearsay log audit 12D3KooW... --json
  $ hearsay log audit audit.car --budget bytes=2G,seconds=60`,
  );
};
