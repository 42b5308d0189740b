/** `motes`: 18,914 readings of four sensor motes. */
import { blockSplit } from "../../../protocol/learn/data/holdout.ts";
import { readShipped, type ShippedSet } from "./set.ts";

const TASK = `# Four real sensor motes: does humidity and temperature show an event near the mote?
# 18,914 readings that ship with Hearsay. Under 1 % are events, and two motes saw none: look at macro F1, not accuracy.
name: motes
input:
  shape: [2]
  features: [humidity, temperature] # columns of the CSV file: % relative humidity, degrees Celsius
  mean: [46, 27.5]
  std: [4.8, 2.2]
output:
  kind: classification
  classes: [normal, event] # as they stand in the label column
model:
  kind: mlp
  hidden: [16]
training:
  learningRate: 0.3
  steps: 10
  batch: 32
`;

export const motes = {
  name: "motes",
  about: "events in the readings of four sensor motes, data included",
  yaml: TASK,
  read: (task) => readShipped("motes.csv.gz", task, "mote"),
  // Neighbouring readings are alike, so a random split would leak; and motes 1 and 4 have their events in one run each,
  // half-way, so the last 20 % of each mote hold none. Blocks of 10 readings, one in five held out, spread over the runs.
  split: (data) => blockSplit(data, 10, 5),
} as const satisfies ShippedSet;
