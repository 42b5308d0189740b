/** `digits`: 1,797 images of handwritten digits, 8 x 8 pixels. */
import { readShipped, type ShippedSet, stratified } from "./set.ts";

const TASK = `# Handwritten digits, 8 x 8 pixels: 1,797 images that ship with Hearsay. A first network in a minute.
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

export const digits = {
  name: "digits",
  about: "handwritten digits, 8 x 8 pixels, data included",
  yaml: TASK,
  read: (task) => readShipped("digits.csv.gz", task),
  split: stratified,
} as const satisfies ShippedSet;
