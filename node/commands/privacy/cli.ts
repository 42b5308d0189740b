/** How the commands of privacy are called: their options and examples. */
import { calls, type Definition, jsonOption, modelOption, notes, policyOption, stateOption } from "../options.ts";

export const plan: Definition = (command) => {
  command
    .requiredOption("--rows <n>", "records that one peer trains on")
    .option("--batch <n>", "records in a step, on average", "32")
    .option("--epochs <n>", "how often each record is to be used, on average", "20")
    .option("--epsilon <e>", "the budget: find the least noise that keeps within it (default: 8)")
    .option("--noise <sigma>", "the noise, over the clip norm: say what it costs")
    .option(
      "--delta <d>",
      "chance that the promise does not hold: well below 1 / rows (default: 1e-5; less from 20,001 rows on)",
    )
    .addOption(jsonOption())
    .action(calls(() => import("./plan.ts")));
  notes(
    command,
    `What training with the mechanism dp-sgd costs of a privacy budget, before anybody starts. Whoever sees everything that a peer sends can
tell whether one record was among its data with odds of at most e^epsilon to 1, but for a chance of delta. Local noise: no other
peer is trusted, and nothing is claimed for the network around it.

Examples:
  $ hearsay privacy plan --rows 1437 --batch 32 --epochs 20 --epsilon 8
  $ hearsay privacy plan --rows 400 --noise 1.2 --json`,
  );
};

export const test: Definition = async (command) => {
  const { addSettings, FLAGGED } = await import("../../settings/flags.ts");
  const { DEFAULTS } = await import("./test-options.ts");
  command
    .addOption(stateOption())
    .addOption(modelOption())
    .option("--task <file>", "task file of --model, where no state directory has the task");
  addSettings(
    command,
    FLAGGED.filter((path) => path.startsWith("data.")),
  )
    .option("--outsiders <file>", "more examples that the peer never saw, beside its hold-out")
    .option("--shadows <n>", "models that are trained to compare with, for each model that is tested", DEFAULTS.shadows)
    .option("--steps <n>", "longest training of one of them, in optimiser steps", DEFAULTS.steps)
    .option("--minutes <n>", "all trainings end after this time, with fewer shadows", DEFAULTS.minutes)
    .option("--attack-seed <n>", "what is drawn: the same seed gives the same figures", DEFAULTS.attackSeed)
    .addOption(policyOption())
    .addOption(jsonOption())
    .action(calls(() => import("./test.ts")));
  addSettings(command, ["engine"]);
  notes(
    command,
    `Attacks the peer's own models as somebody would who has them, and has data like the peer's: which rows were they trained on? Tested are the model that
the peer serves (hearsay predict, export); the newest one that it published; and its last updates, 8 at most, of which bodies/ still has what the training
started from. Or the model of --model. Members are the rows that the peer trains on, the others those that it holds out, with the same share of each class.
Give the same data settings as to hearsay up, unless config.yaml has them.

  loss-threshold     what the model knows well it was trained on (Yeom et al. 2018)
  likelihood-ratio   LiRA: compares with models trained on shares of these rows (Carlini et al. 2022)

AUC: how often a member looks more like one than another row does; 50 % is a guess. TPR at 1 % FPR: members that are found where at most one other row in a
hundred is taken for one. epsilon at least: no smaller epsilon allows that. Intervals hold with 95 % confidence: one in twenty is wrong by chance. What is found is a lower bound, since whoever keeps all that
a peer ever published has more. It takes at most the time of --minutes, and some seconds with the engine dense. Where time cuts it short, the same seed may
give other figures.

Examples:
  $ hearsay privacy test --data mine.csv
  $ hearsay privacy test --dataset digits --share 1/4 --json
  $ hearsay privacy test --model models/peer-0003.safetensors --task task.yaml --dataset digits --share 4/30`,
  );
};
