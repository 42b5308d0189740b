/** How the commands of a peer are called: their options and examples. */
import { Option } from "commander";
import {
  calls,
  type Definition,
  jsonOption,
  lastOption,
  modelOption,
  notes,
  outputOption,
  passphraseOption,
  peersOption,
  policyOption,
  stateOption,
} from "../options.ts";

/** The table of settings takes time to load: only commands with settings do. */
const settings = () => import("../../settings/flags.ts");

export const init: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await settings();
  const { alternatives } = await import("../../settings/words.ts");
  const { TEMPLATES } = await import("../../data/templates.ts");
  const wording = {
    "data.path": { help: "take columns, classes, mean and std from this table, and tell what was taken" },
    "data.label": { help: "column of the class, or of the targets (separated by commas)" },
    "data.columns": { help: "columns to use as features (default: all others)" },
    "data.missing": { help: 'values that mean "no reading", as -9999,NA; empty: an empty field' },
  };
  const ofTables = DATA_PATHS.filter((path) => path !== "data.dataset" && path !== "data.targets");
  const template = `${alternatives(Object.keys(TEMPLATES))} (default: "digits"; with --data: "csv")`;
  addSettings(command, ofTables, wording)
    .addOption(new Option("-t, --template <name>", template))
    .addOption(outputOption("the file to write").default("task.yaml"))
    .option("--name <name>", "name of the task (a-z, 0-9, -)")
    .addOption(peersOption("how many peers you expect: sets inbox size and quorum").default("8"))
    .option(
      "--model <file>",
      "layers instead of the template's model: model.json of tfjs, or to_json() of Keras 2 or 3",
    )
    .option(
      "--missing-policy <policy>",
      "what becomes of a row without a reading: refuse, drop, mean or mask (default: mean)",
    )
    .option("--lag <steps>", "of a series, forecast --label by its values so many steps back: 1..7, or 1,2,7")
    .option("--horizon <steps>", "with --lag, how much later the forecast is of (default: 1)")
    .option("--time <column>", "with --lag, the column of the time")
    .option("--step <span>", "with --lag, from one row to the next: 15m, 1h, 1d")
    .option("--zone <name>", "with --lag, the zone of times that name none: Europe/Berlin (default: UTC)")
    .option("--trainer <command>", "the model that this program trains, as it describes it: 'python train.py'")
    .option("--from <file>", "begin with the parameters of a safetensors file, the same for all peers")
    .option("--private", "hide single records from whoever sees models: dp-sgd under a budget")
    .option("--epsilon <e>", "with --private: the budget (default: 8)")
    .addOption(policyOption())
    .option("-f, --force", "overwrite the file")
    .addOption(jsonOption())
    .action(calls(() => import("./init.ts")));
  notes(
    command,
    `Examples:
  $ hearsay init
  $ hearsay init --data flowers.csv --label species --peers 4
  $ hearsay init --data patients.csv --label outcome --private --epsilon 4
  $ hearsay init --template regression --data houses.csv --label price
  $ hearsay init --data load.csv --label load --lag 1..24 --horizon 1 --time when --step 1h --zone Europe/Berlin
  $ hearsay init --trainer 'python train.py'
  $ hearsay init --data sensors.csv --label state --owner station --drop time --missing -9999
Names with a comma stand in double quotes: --drop '"a, b",c'. A missing reading is read as the mean of its column,
unless --missing-policy says otherwise: drop leaves the row out, mask adds a column for each that tells the model, refuse refuses the data.`,
  );
};

export const join: Definition = (command) => {
  command
    .argument(
      "<invite...>",
      "hearsay:<task id>@<address>[,<address>...], as `up` and `status` print it; lines are put together",
    )
    .addOption(stateOption())
    .addOption(policyOption())
    .option("-y, --yes", "save the task without asking: needed where there is no terminal, and with --json")
    .addOption(jsonOption())
    .action(calls(() => import("./join.ts")));
  notes(command, "Example:\n  $ hearsay join 'hearsay:3f0c...@/ip4/192.0.2.7/tcp/4001/p2p/12D3KooW...'");
};

export const up: Definition = async (command) => {
  const { addSettings, FLAGGED } = await settings();
  command
    .addOption(stateOption())
    .option("--task <file>", "task file; needed the first time, unless joined by invite")
    .option("--start <file>", "the parameters that the task begins with, of a task of init --from; the first time")
    .option("--config <file>", "configuration (default: config.yaml in the state directory)");
  addSettings(command, FLAGGED)
    .option("--seconds <n>", "stop after this time")
    .option("--until <condition>", "stop when it holds: 'rmse < 3 for 1h', 'accuracy >= 95 % or no better for 2h'")
    .option("--until-spent", "stop when the privacy budget of the task is spent")
    .addOption(policyOption())
    .addOption(passphraseOption())
    .action(async (...args: unknown[]) => {
      const { collectInTime, restartInLittleMemory } = await import("../../little-memory.ts");
      restartInLittleMemory();
      collectInTime();
      await calls(() => import("./up.ts"))(...args);
    });
  notes(
    command,
    `Examples:
  $ hearsay up --task task.yaml --data mine.csv --label species
  $ hearsay up --task task.yaml --dataset digits --share 1/4 --partition dirichlet:0.5
  $ hearsay up --bootstrap /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW...
Settings may also stand in config.yaml, or in environment variables: HEARSAY_DATA_PATH is data.path. hearsay config show has
all settings, with the value that holds and where it came from.`,
  );
};

export const status: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./status.ts")));
  notes(command, "Example:\n  $ hearsay status --json");
};

export const peers: Definition = (command) => {
  command
    .addOption(stateOption())
    .option("-w, --watch", "show it anew every two seconds, until stopped")
    .addOption(jsonOption("print JSON; with --watch a line each time"))
    .action(calls(() => import("./peers.ts")));
  notes(
    command,
    `Who is connected, known, or banned. reached: where the connection leads and who dialled (in: the other did). heard: since its last announcement.
share: the part of this peer's model that it made, as in hearsay why. speed: of the link, by the last model that came over it (while the peer
has a page). note: why it gives nothing.

Examples:
  $ hearsay peers
  $ hearsay peers --watch
  $ hearsay peers --json`,
  );
};

export const me: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./me.ts")));
  notes(
    command,
    `How good the model is on the own hold-out, beside what there would be without the others: the best that a model trained on the own rows alone ever
had there, which the peer trains beside its own while it has a page, and the commonest class or the mean. How much of the model is the peer's own. And
what others made of the models that it published: the neighbours that are connected are asked for the newest entries of their logs, about 100 merges
each, which they signed. used, clipped, removed, invalid: what their rule did with the models of this peer, so that many removed ones say that it is
left out. weight: of the weights of all models of others in these merges.
Peers that are not connected may have used the models too: nobody can know.

Examples:
  $ hearsay me
  $ hearsay me --json`,
  );
};

export const openPage: Definition = (command) => {
  command
    .addOption(stateOption())
    .option("--print", "print the address, and open nothing")
    .addOption(jsonOption())
    .action(calls(() => import("./open.ts")));
  notes(
    command,
    `The address works on this machine only. It ends with the key of the page: whoever has it sees what the page shows, for as long as
the peer runs. Another machine sees the page through a tunnel, as of ssh -L.

Examples:
  $ hearsay open
  $ hearsay open --print`,
  );
};

export const why: Definition = (command) => {
  command
    .addOption(stateOption())
    .option("--peer <id>", "what became of one peer, merge by merge; the end of its id is enough")
    .addOption(lastOption("with --peer: only the last n merges"))
    .addOption(jsonOption())
    .action(calls(() => import("./why.ts")));
  notes(
    command,
    `A model is moved by its own training and by what it merges. share: the part of the model that a peer made, mean over all merges, of
which the 50 newest count for most; with the own share, 100 %. influence: the same over the merges that it was in. distance: from
the own model, of the usual distance in that merge. left out: how often, and by which rule the last time. With --peer a peer that runs
also tells why it asks that one for models, or does not, where its owner prefers some (select.by).

Examples:
  $ hearsay why
  $ hearsay why --peer Zx3kQw9b
  $ hearsay why --json`,
  );
};

export const evaluate: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await settings();
  addSettings(command, DATA_PATHS)
    .addOption(stateOption())
    .addOption(modelOption())
    .addOption(policyOption())
    .addOption(jsonOption())
    .action(calls(() => import("./eval.ts")));
  addSettings(command, ["engine", "trainer.command"]);
  notes(command, "Examples:\n  $ hearsay eval --data test.csv\n  $ hearsay eval --dataset digits --json");
};

export const predict: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await settings();
  const { endingsText } = await import("../../data/readers/registry.ts");
  const notOfInputs = ["data.dataset", "data.label", "data.targets", "data.owner"];
  const help = `inputs: ${endingsText("or")}, also .gz of these; other columns are ignored`;
  const paths = DATA_PATHS.filter((path) => !notOfInputs.includes(path));
  addSettings(command, paths, { "data.path": { help, required: true } })
    .addOption(stateOption())
    .addOption(outputOption("write the CSV to a file"))
    .addOption(modelOption())
    .option("--learning", "where the task has release keys: the model that learns, not the release that serves")
    .addOption(policyOption())
    .addOption(jsonOption("print JSON lines instead of CSV"))
    .action(calls(() => import("./predict.ts")));
  addSettings(command, ["engine", "trainer.command"]);
  notes(command, "Example:\n  $ hearsay predict --data new.csv -o answers.csv");
};

export const personalise: Definition = async (command) => {
  const { addSettings, DATA_PATHS } = await settings();
  const split = ["data.holdout", "data.holdoutBy", "data.holdoutPath", "data.share", "data.partition", "data.seed"];
  addSettings(command, [...DATA_PATHS, ...split])
    .addOption(stateOption())
    .addOption(modelOption())
    .option("--steps <n>", "the most optimiser steps", "1000")
    .addOption(outputOption("the file to write").default("personal.safetensors"))
    .addOption(policyOption())
    .addOption(jsonOption())
    .action(calls(() => import("./personalise.ts")));
  addSettings(command, ["engine", "trainer.command"]);
  notes(
    command,
    `The model of the state directory is trained on, on the own rows alone; the best on the hold-out is written, and nothing where none is better than the
model before. The peer, running or not, goes on with its own. Where the task says personal, that model has the site's part already.

Examples:
  $ hearsay personalise --data mine.csv
  $ hearsay predict --model personal.safetensors --data new.csv`,
  );
};

export const exportModel: Definition = (command) => {
  command
    .addOption(stateOption())
    .option(
      "--format <name>",
      "safetensors, safetensors-int8, onnx, onnx-int8 or tfjs (default: onnx for FILE.onnx, tfjs for FILE.json, else safetensors)",
    )
    .option("--prune <share>", "this share of the weights becomes zero, the smallest of each layer")
    .option("--prune-units <share>", "of an mlp: this share of the hidden units is left out")
    .addOption(outputOption("the file to write (default: model.safetensors, model.onnx or model.json)"))
    .addOption(jsonOption())
    .action(calls(() => import("./export.ts")));
  notes(
    command,
    `Written is the model that predicts. onnx and tfjs are for all models but external ones: rows in the units of the data in, probabilities or values out, as
\`hearsay predict\` gives them. tfjs writes weights.bin beside the file.

Examples:
  $ hearsay export -o digits.safetensors
  $ hearsay export -o digits.onnx
  $ hearsay export --format onnx-int8`,
  );
};
