/** How the commands of privacy are called: their options and examples. */
import { calls, type Definition, jsonOption, notes } from "../options.ts";

export const plan: Definition = (command) => {
  command
    .requiredOption("--rows <n>", "records that one peer trains on")
    .option("--batch <n>", "records in a step, on average", "32")
    .option("--epochs <n>", "how often each record is to be used, on average", "20")
    .option("--epsilon <e>", "the budget: find the least noise that keeps within it (default: 8)")
    .option("--noise <sigma>", "the noise, over the clip norm: say what it costs")
    .option("--delta <d>", "chance that the promise does not hold: well below 1 / rows", "1e-5")
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
