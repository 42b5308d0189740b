/**
 * Embedding layers, which look up row x of a table for a number x of the example: a whole number from 0. A backend
 * throws at another one, in whichever batch it comes, or cuts it to whole.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { LearningTask } from "../../protocol/base/task.ts";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import type { LayersModel } from "./tf.ts";
import { topologyFault } from "./topology-fault.ts";

type BuiltLayer = LayersModel["layers"][number];

/** What must hold of all numbers of an example. */
export interface IndexBound {
  readonly layer: string;
  /** Rows of the table: numbers are 0 to rows - 1. */
  readonly rows: number;
}

/** Layers that hand numbers on as they are. */
const UNCHANGED = ["Reshape", "Flatten", "Permute"];

/**
 * The narrowest table that reads the example; undefined where none does.
 * @throws HearsayError ERR_TASK where a table reads what another layer computes, or inputs that are standardised.
 */
export function indexBound(
  model: LayersModel,
  { mean, std }: Pick<LearningTask["input"], "mean" | "std">,
): IndexBound | undefined {
  let bound: IndexBound | undefined;
  for (const layer of model.layers) {
    if (layer.getClassName() !== "Embedding") continue;
    const rows = layer.getConfig().inputDim as number;
    const named = `layer ${JSON.stringify(layer.name)} (Embedding)`;
    if (!readsExample(layer))
      throw topologyFault(`${named} reads what another layer computes, which is no row number; let it read the input`);
    if (mean.some((value) => value !== 0) || std.some((value) => value !== 1)) {
      throw topologyFault(
        `${named} takes whole numbers from 0 to ${rows - 1}, and the task standardises its inputs; write input.mean: [0] ` +
          "and input.std: [1] into the task, or take Dense in its place",
      );
    }
    if (bound === undefined || rows < bound.rows) bound = { layer: layer.name, rows };
  }
  return bound;
}

/** @throws HearsayError ERR_DATA at the first number that is no row of the table. A missing value (NaN) is let through. */
export function checkIndices(inputs: Numbers, width: number, bound: IndexBound): void {
  const at = inputs.findIndex(
    (value) => !Number.isNaN(value) && !(Number.isInteger(value) && value >= 0 && value < bound.rows),
  );
  if (at === -1) return;
  throw new HearsayError(
    "ERR_DATA",
    `example ${Math.floor(at / width) + 1} has ${inputs[at]} as number ${(at % width) + 1}; layer ${JSON.stringify(bound.layer)} ` +
      `(Embedding) takes whole numbers from 0 to ${bound.rows - 1}: number the values from 0, or build it with more rows`,
    { layer: bound.layer, rows: bound.rows },
  );
}

function readsExample(layer: BuiltLayer): boolean {
  return layer.inboundNodes.every((node) =>
    node.inboundLayers.every((from) => {
      const kind = from.getClassName();
      return kind === "InputLayer" || (UNCHANGED.includes(kind) && readsExample(from));
    }),
  );
}
