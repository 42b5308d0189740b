/** `hearsay init`: writes a task file from a template, filled in from one's own data where they are given. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { type Document, parseDocument } from "yaml";
import { toHex } from "../../protocol/bytes.ts";
import { HearsayError } from "../../protocol/errors.ts";
import { encodeTask, parseTask } from "../../protocol/manifest.ts";
import { nodeCrypto } from "../crypto.ts";
import { checkVariation, columnStats } from "../data/check.ts";
import { readCsv } from "../data/csv.ts";
import { TEMPLATES, type TemplateName } from "../data/templates.ts";
import { facts, printJson } from "./print.ts";

interface InitOptions {
  readonly template: string;
  readonly output: string;
  readonly name?: string;
  readonly peers: string;
  readonly data?: string;
  readonly label?: string;
  readonly model?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const LARGEST_INBOX = 8;
const LARGEST_QUORUM = 3;

export async function run(options: InitOptions): Promise<void> {
  const template = TEMPLATES[options.template as TemplateName];
  if (template === undefined) {
    const names = Object.entries(TEMPLATES).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`);
    throw new HearsayError(
      "ERR_CONFIG",
      `--template ${options.template}: there is no such template; the templates are\n${names.join("\n")}`,
    );
  }
  const peers = Number(options.peers);
  if (!Number.isInteger(peers) || peers < 2)
    throw new HearsayError("ERR_CONFIG", `--peers ${options.peers}: give a whole number from 2`);
  const exists = existsSync(options.output);
  if (exists && !options.force) {
    throw new HearsayError(
      "ERR_CONFIG",
      `${options.output} exists: name another file with --output, or overwrite it with --force`,
    );
  }

  const document = parseDocument(template.yaml);
  if (options.name !== undefined) document.set("name", options.name);
  const inboxSize = Math.min(LARGEST_INBOX, peers - 1);
  const quorum = Math.min(LARGEST_QUORUM, inboxSize);
  const parameters = document.createNode({ f: 0.2 }, { flow: true });
  document.set("aggregation", document.createNode({ rule: "guarded-median", parameters, inboxSize, quorum }));
  comment(document, ["aggregation", "parameters"], " f: assumed share of lying peers, 0 to 0.49");
  comment(document, ["aggregation", "inboxSize"], " k: models of other peers that are pulled in a cycle");
  comment(document, ["aggregation", "quorum"], " with fewer models than this a peer trains on alone");
  if (options.data !== undefined) await fillFromData(document, options, options.data);
  if (options.model !== undefined) await useTopology(document, options.model);
  const text = document.toString({ lineWidth: 120, flowCollectionPadding: false });
  const task = parseTask(parseDocument(text).toJS());
  await writeFile(options.output, text);

  const edits = text.split("\n").flatMap((line, i) => (line.includes("EDIT") ? [`line ${i + 1}: ${line.trim()}`] : []));
  const taskId = toHex(nodeCrypto.sha256(encodeTask(task)));
  if (options.json) return printJson({ file: options.output, taskId, name: task.name, edits });
  const data = dataFlags(options, task.output.kind);
  process.stdout.write(
    `${facts([
      ["wrote", options.output],
      ["task", `${task.name}  ${taskId}`],
      ["peers", `${peers} or more: pulls ${inboxSize} models a cycle, merges from ${quorum} on`],
    ])}\n\n${edits.length === 0 ? "Ready to run." : `Edit before the first run:\n  ${edits.join("\n  ")}\n`}
All peers must use the same file: what is in it makes the task id. Then:
  hearsay up --task ${options.output} ${data}\n`,
  );
}

/** What `hearsay up` must be told about the data. */
function dataFlags({ template, data, label }: InitOptions, kind: "classification" | "regression"): string {
  if (template in { digits: 0, motes: 0, mnist: 0 }) return `--dataset ${template}`;
  const column = kind === "classification" && label !== undefined ? ` --label ${label}` : ""; // targets stand in the task
  return `--data ${data ?? "FILE"}${column}`;
}

/** Columns, classes, mean and spread from a CSV file. They become part of the manifest, which every peer sees. */
async function fillFromData(document: Document, options: InitOptions, path: string): Promise<void> {
  const classification = document.getIn(["output", "kind"]) === "classification";
  const label = options.label ?? (classification ? "label" : undefined);
  if (label === undefined)
    throw new HearsayError("ERR_CONFIG", "--label: name the columns to predict, separated by commas");
  const columns = label.split(",").map((column) => column.trim());
  const table = await readCsv(path, {
    labels: classification ? { kind: "classification", column: columns.join(",") } : { kind: "regression", columns },
  });
  const kind = classification ? "classification" : "regression";
  checkVariation(table.data, { path, kind, features: table.features, whole: true });
  const width = table.features.length;
  const flow = (value: unknown) => document.createNode(value, { flow: true });
  const inputs = columnStats(table.data.inputs, width);
  document.setIn(["input", "shape"], flow([width]));
  document.setIn(["input", "features"], flow(table.features));
  document.setIn(["input", "mean"], flow(inputs.mean.map(rounded)));
  document.setIn(["input", "std"], flow(inputs.std.map(rounded)));
  if (classification) {
    document.setIn(["output", "classes"], flow(table.classes));
  } else {
    const targets = columnStats(table.data.targets, columns.length);
    document.setIn(["output", "targets"], flow(columns));
    document.setIn(["output", "mean"], flow(targets.mean.map(rounded)));
    document.setIn(["output", "std"], flow(targets.std.map(rounded)));
  }
}

/** A tfjs layers model in place of the template's, with its tensors listed. */
async function useTopology(document: Document, path: string): Promise<void> {
  const { tensorsOfTopology } = await import("../engines/topology.ts");
  const topology = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new HearsayError("ERR_CONFIG", `--model ${path}: cannot be read`, { path }, cause);
  });
  const flow = (value: unknown) => document.createNode(value, { flow: true });
  const frame = parseTask({ ...document.toJS(), model: { kind: "softmax" } }); // inputs and outputs, which the model must fit
  document.set("model", document.createNode({ kind: "layers", topology }));
  document.set("tensors", flow(await tensorsOfTopology(topology, frame)));
}

function comment(document: Document, path: string[], text: string): void {
  const node = document.getIn(path, true);
  if (typeof node === "object" && node !== null) (node as { comment?: string }).comment = text;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
