/** Tasks to begin with, as `hearsay init --template NAME` writes them: YAML for people, each a complete manifest for `parseTask`. */
import { SETS, type SetName } from "./shipped/registry.ts";

export interface Template {
  /** One line for a list of templates. */
  readonly about: string;
  /** Commented YAML; what it leaves out has a default (`protocol/base/task-schema.ts`). */
  readonly yaml: string;
}

export type TemplateName = SetName | "csv" | "regression";

/** The learning rates of the templates for tables, which nobody has searched for: another rate in a task is one that somebody chose. */
export const TABLE_RATES = { csv: 0.1, regression: 0.05 };

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
  learningRate: ${TABLE_RATES.csv} # lower it where the loss jumps or grows
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
  learningRate: ${TABLE_RATES.regression} # lower it where the loss jumps or grows
  steps: 10
  batch: 32
`;

/** Of the shipped sets, and of tables of one's own. */
export const TEMPLATES = {
  ...Object.fromEntries([...SETS.values()].map(({ name, about, yaml }) => [name, { about, yaml }])),
  csv: { about: "classes from your own CSV file", yaml: CSV },
  regression: { about: "numbers from your own CSV file", yaml: REGRESSION },
} as Readonly<Record<TemplateName, Template>>;
