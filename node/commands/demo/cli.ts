/** How the demo is called. */
import { calls, type Definition, jsonOption, notes, peersOption } from "../options.ts";

export const demo: Definition = async (command) => {
  const { SET_NAMES } = await import("../../data/shipped/registry.ts");
  const { alternatives } = await import("../../settings/words.ts");
  command
    .addOption(peersOption("processes").default("8"))
    .option("--attackers <n>", "of them, send sign-flipped models three times the size", "2")
    .option("--dataset <name>", alternatives(SET_NAMES), "digits")
    .option(
      "--partition <how>",
      "iid, dirichlet:<alpha>, label-dirichlet:<alpha>, shards:<count>, owner, owner-dirichlet:<alpha>",
      "dirichlet:0.5",
    )
    .option("--seconds <n>", "time to learn in each of the two networks", "42")
    .option("--seed <n>", "seed of shares and initial model", "1")
    .option("--task <file>", "another task file than the data set's template")
    .option("--page", "show it in a browser too: who pulls from whom, and the curves; and write a report")
    .option("--report <file>", "with --page: the report, one file that opens without a network", "hearsay-demo.html")
    .addOption(jsonOption())
    .action(calls(() => import("./demo.ts")));
  notes(
    command,
    `Everything runs on loopback. With --json the last line is one JSON object:
  peers, attackers, seconds; alone, mean and robust, each {meanAccuracy, minAccuracy} over the honest peers;
  updates: models published in the robust network; bytesPerUpdate: bytes that its peers sent, for each;
  logsVerified: how many logs hold, of both networks.

Examples:
  $ npm run demo
  $ npm run demo -- --page
  $ npm run demo -- --peers 6 --attackers 1 --seconds 20 --json`,
  );
};
