/** `hearsay init --trainer COMMAND`: a task about the model that a program of the owner's trains, which describes it itself. The task does not hold the command. */
import type { Document } from "yaml";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { commandWords } from "../../engines/external/command-words.ts";
import type { Description } from "../../engines/external/description.ts";
import { askDescription } from "../../engines/external/session.ts";
import { spawnedTrainer } from "../../engines/external/spawned.ts";
import { taskDocument } from "../../task-document.ts";
import { tell } from "../../terminal/terminal.ts";

const FRAME = `# A model that a program of each site trains; a site names its program with hearsay up --trainer.
# Every peer of the network needs this same file; change it and it is another network.
name: my-task
input:
  shape: [1]
output:
  kind: regression
  targets: [value]
model:
  kind: external
training:
  # of the program, which is told of them
  learningRate: 0.1
  steps: 10 # between two exchanges
  batch: 32
`;

export interface TrainerTask {
  readonly document: Document;
  /** What was taken, for people. */
  readonly model: string;
}

/**
 * Starts the program, asks it what it trains, and ends it.
 * @throws HearsayError ERR_TRAINER where it does not answer, ERR_CONFIG where it does not say enough for a task.
 */
export async function taskOfTrainer(command: string): Promise<TrainerTask> {
  const host = spawnedTrainer(commandWords(command), (line) => tell(`${line}\n`));
  try {
    return write(await askDescription(host));
  } finally {
    await host.close();
  }
}

function write({ architecture, tensors, input, output, rows }: Description): TrainerTask {
  const missing = Object.entries({ architecture, input, output }).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  if (architecture === undefined || missing.length > 0) {
    const message = `--trainer: the program does not say its ${missing.join(", ")}: in Python, hearsay.Trainer(${missing.map((name) => `${name}=...`).join(", ")})`;
    throw new HearsayError("ERR_CONFIG", message, { missing });
  }
  const document = taskDocument(FRAME);
  document.set("name", slug(architecture));
  document.set("input", document.createNode(input, { flow: true }));
  document.set("output", document.createNode(output, { flow: true }));
  document.set("model", document.createNode({ kind: "external", architecture }));
  document.set("tensors", document.createNode(tensors, { flow: true }));
  const count = tensors.reduce((sum, [, dims]) => sum + dims.reduce((product, n) => product * n, 1), 0);
  return {
    document,
    model: `${architecture}: ${counted(tensors.length, "tensor")}, ${counted(count, "parameter")}; ${counted(rows.train, "row")} here`,
  };
}

/** A name that a task may have. */
function slug(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-+|-+$/g, "").slice(0, 64) || "my-task";
}
