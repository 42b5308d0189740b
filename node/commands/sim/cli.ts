/** How the commands of the simulator are called: their options and examples. */
import type { Command } from "commander";
import { calls, type Definition, jsonOption, notes, peersOption, pluginOption, workersOption } from "../options.ts";

const each = (value: string, before: readonly string[] = []) => [...before, value];

function withOverrides(command: Command): Command {
  return command
    .addOption(peersOption("number of peers, in place of the scenario's"))
    .option(
      "--set <path=value>",
      "another value in the scenario; may be repeated. The value is YAML, null takes it out",
      each,
    )
    .addOption(pluginOption());
}

export const run: Definition = (command) => {
  withOverrides(command)
    .argument("<file>", "the scenario")
    .option("--seed <n>", "seed, in place of the scenario's")
    .option("-o, --out <dir>", "directory of the report (default: <name>-<hash>-s<seed>, none with --json)")
    .option("--no-out", "write no files")
    .option("--models", "also write the model of every peer that is evaluated at the end, as safetensors files")
    .addOption(workersOption("threads; they change no byte (default: one for each core from 100 peers on, else one)"))
    .addOption(jsonOption("print JSON; no files without --out"))
    .action(calls(() => import("./run.ts")));
  notes(
    command,
    `The directory holds scenario.yaml (complete: it runs again), summary.json, series.jsonl, peers.jsonl and report.html. The same
scenario and seed give the same bytes. With --json the last line is the summary with wallSeconds, cpuSeconds and out beside it.
Several threads share a run of hearsay's own peers, without liars, bandwidth or membership; other runs have one thread.
Traces, as in churn: { kind: trace, sessions: { file: churn.csv } }, lie beside the scenario. Ctrl-C writes nothing.
A plugin, --plugin FILE or plugins: [FILE] in the scenario, runs with all rights of this command: take only those that you trust.

Examples:
  $ hearsay sim run scenario.yaml --seed 2
  $ hearsay sim run scenario.yaml --peers 1000 --set partition=dirichlet:0.1 --set 'attack={kind: alie, share: 0.2}'
  $ hearsay sim run scenario.yaml --plugin ./mine.ts --set attack=my-attack
  $ hearsay sim run scenario.yaml --json --out results/first`,
  );
};

export const sweep: Definition = (command) => {
  withOverrides(command)
    .argument("<file>", "a scenario, or { scenario: {...}, grids: [{ path: [values] }], seeds: [1, 2, 3] }")
    .option("--grid <path=values>", "values of a path, separated by commas; may be repeated: all combinations", each)
    .option("--seeds <list>", "1..5, or 1,2,7 (default: those of the file)")
    .option("--shard <i/n>", "only part i of n of the runs, for many machines")
    .addOption(workersOption())
    .option("-o, --out <dir>", "directory of the results (default: <name>-sweep)")
    .addOption(jsonOption())
    .action(calls(() => import("./sweep.ts")));
  notes(
    command,
    `Each run is a file in DIR/runs, named by hash and seed. A sweep that was stopped goes on where it was: runs that are there are not
run again. DIR/results.csv, results.jsonl and report.html are made from all runs in DIR. A run that fails stops no other; the exit
status is then 1. With --json the last line is {out, runs, done, skipped, failed, wallSeconds, cpuSeconds}.
Many machines: sim/kubernetes.yaml and sim/slurm.sbatch run --shard, and hearsay sim merge joins.

Examples:
  $ hearsay sim sweep scenario.yaml --grid task.aggregation.rule=median,mean --seeds 1..5
  $ hearsay sim sweep scenario.yaml --grid 'attack=null,{kind: alie, share: 0.2}' --grid partition=iid,dirichlet:0.1
  $ hearsay sim sweep matrix.yaml --shard 2/8 --out shard-2
  $ hearsay sim sweep matrix.yaml --shard $((JOB_COMPLETION_INDEX + 1))/8`,
  );
};

export const merge: Definition = (command) => {
  command
    .argument("<dirs...>", "directories of sweeps")
    .requiredOption("-o, --out <dir>", "directory of the whole; runs that are there already stay")
    .addOption(jsonOption())
    .action(calls(() => import("./merge.ts")));
  notes(command, "Example:\n  $ hearsay sim merge shard-1 shard-2 --out whole");
};

export const compare: Definition = (command) => {
  command
    .argument(
      "<paths...>",
      "run files, directories of runs, or of sweeps; the first is what the others are compared with",
    )
    .option("--html <file>", "write the comparison with plots")
    .option("--figures <dir>", "write its plots as SVG files")
    .addOption(jsonOption())
    .action(calls(() => import("./compare.ts")));
  notes(
    command,
    `Runs of one scenario are a group, whatever their seeds and places. To compare the groups of a sweep with a certain one of
them, name a run of that one first.

Examples:
  $ hearsay sim compare median-1f0c77aa-s1 krum-90aa2b11-s1
  $ hearsay sim compare before/ after/ --html change.html --figures figures/
  $ hearsay sim compare sweep/runs/1f0c77aa2b119e3d-s1.json sweep`,
  );
};

export const list: Definition = (command) => {
  command
    .addOption(pluginOption())
    .addOption(jsonOption())
    .action(calls(() => import("./list.ts")));
  notes(command, "Examples:\n  $ hearsay sim list --json\n  $ hearsay sim list --plugin ./mine.ts   checks it, too");
};

export const vehicles: Definition = (command) => {
  command
    .requiredOption("-o, --out <file>", "the CSV file")
    .option("--vehicles <n>", "how many", "30")
    .option("--seconds <n>", "length of the trace", "600")
    .option("--blocks <n>", "blocks along each side of the square (default: 8)")
    .option("--block-metres <n>", "length of a block (default: 200)")
    .option("--speed <n>", "metres per second (default: 10)")
    .option("--speed-spread <n>", "each vehicle is up to this share faster or slower (default: 0.3)")
    .option("--range <n>", "metres within which two vehicles are in contact (default: 150)")
    .option("--seed <n>", "seed", "1")
    .addOption(jsonOption())
    .action(calls(() => import("./vehicles.ts")));
  notes(command, "Example:\n  $ hearsay sim vehicles --vehicles 100 --blocks 12 --out contacts.csv");
};

export const recipe: Definition = (command) => {
  command
    .argument("<name>", "a folder of sim/recipes, or all")
    .option("--python <program>", "Python that makes the data", "python3")
    .option("--write", "put the tables into sim/recipes/README.md, too")
    .addOption(workersOption())
    .addOption(jsonOption())
    .action(calls(() => import("./recipe.ts")));
  notes(
    command,
    `Data and runs lie in .results/recipes; what is there is not made again. A recipe's data.py says which packages it needs.

Examples:
  $ npm run recipe -- predictive-maintenance
  $ npm run recipe -- wearables --python venv/bin/python
  $ npm run recipe -- all --write`,
  );
};

export const report: Definition = (command) => {
  command
    .argument(
      "<what>",
      "attacks, budget, codecs, cohorts, gateways, measurements, personal, privacy, selectors, skew or slow-devices",
    )
    .option("--no-run", "only write, from the runs that are there")
    .option("--cut", "attacks: five minutes of them, on the screen")
    .addOption(workersOption())
    .addOption(jsonOption())
    .action(calls(() => import("./report.ts")));
  notes(
    command,
    `Runs lie in .results; what is there is not run again.

Examples:
  $ npm run report:attacks -- --no-run
  $ npm run report:attacks -- --cut
  $ npm run report:sim`,
  );
};
