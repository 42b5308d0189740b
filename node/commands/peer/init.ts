/** `hearsay init`: writes a task file from a template, filled in from one's own data where they are given. */
import { existsSync } from "node:fs";
import type { Document } from "yaml";
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { MISSING_POLICIES, type MissingPolicy } from "../../../protocol/learn/data/missing.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";
import { loadConfig } from "../../config.ts";
import { nodeCrypto } from "../../crypto.ts";
import { isSetName } from "../../data/shipped/registry.ts";
import { TEMPLATES, type Template, type TemplateName } from "../../data/templates.ts";
import type { OpenTask } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import { nameList, shellOption } from "../../shell.ts";
import { comment, taskDocument, taskText, write } from "../../task-document.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type Fill, fillFromData, taskNameFor } from "./init-data.ts";
import { type ForecastOptions, forecastOf, writeForecastRows } from "./init-lags.ts";
import { useTopology } from "./init-model.ts";
import { addPrivacy, privacyInWords } from "./init-private.ts";
import { useStart } from "./init-start.ts";
import { describeFill, fillAsJson, sharesOf } from "./init-table.ts";
import { taskOfTrainer } from "./init-trainer.ts";
import { writeTrainingOptions } from "./new-tasks.ts";

/** Those that say how a table is to be read are settings (settings/table.ts). */
interface InitOptions extends Pick<SiteOptions, "policy">, ForecastOptions {
  readonly output: string;
  readonly name?: string;
  readonly missingPolicy?: string;
  readonly peers: string;
  readonly model?: string;
  readonly trainer?: string;
  readonly from?: string;
  readonly private?: boolean;
  readonly epsilon?: string;
  readonly json?: boolean;
}

const LARGEST_INBOX = 8;
const LARGEST_QUORUM = 3;
/** A quarter of the bytes, and no accuracy that can be measured (sim/results/codecs.md). Tasks of before, which name none, have f32. */
const NEW_TASKS_CODEC = "int8";

export async function run(given: InitOptions): Promise<void> {
  const { options, series } = forecastOf(given);
  const { name, template, peers } = checked(options);
  const forecast = series && (await writeForecastRows(series, given));
  const trained = options.trainer === undefined ? undefined : await taskOfTrainer(options.trainer);
  const document = trained?.document ?? taskDocument(template.yaml);
  const { fill, model = trained?.model } = await complete(document, options, peers);
  writeTrainingOptions(document, fill && sharesOf(fill));
  const begun = options.from === undefined ? undefined : await useStart(document, options.from);
  const text = taskText(document);
  const { task, taskId } = await allowedTask(document, options);
  await writeOutput(options.output, text, "--output");

  const edits = text.split("\n").flatMap((line, i) => (line.includes("EDIT") ? [`line ${i + 1}: ${line.trim()}`] : []));
  if (options.json) {
    printJson({ file: options.output, taskId, name: task.name, edits, ...(fill && { data: fillAsJson(fill) }) });
    return;
  }
  const { inboxSize, quorum } = task.aggregation;
  const told: [string, string][] = [
    ["wrote", options.output],
    ["task", `${task.name}  ${taskId}`],
    ["peers", `${peers} or more: pulls ${inboxSize} models a cycle, merges from ${quorum} on`],
  ];
  told.push(...(forecast ?? []));
  if (model !== undefined) told.push(["model", model]);
  if (begun !== undefined) told.push(["begins with", begun]);
  const privacy = privacyInWords(task, fill?.table.data.length);
  if (privacy !== undefined) told.push(["privacy", privacy]);
  print(`${facts(told)}\n${fill === undefined ? "" : `\n${describeFill(fill)}\n`}
${edits.length === 0 ? "Ready to run." : `Edit before the first run:\n  ${edits.join("\n  ")}\n`}
All peers must use the same file: what is in it makes the task id. Then:
  hearsay up ${shellOption("--task", options.output)} ${dataFlags(name, options)}${options.from === undefined ? "" : ` ${shellOption("--start", options.from)}`}\n`);
}

/** What the options name, where they go together. @throws HearsayError ERR_CONFIG. */
function checked(options: InitOptions): { readonly name: string; readonly template: Template; readonly peers: number } {
  const { data, trainer, missingPolicy, epsilon, output } = options;
  const name = options.template ?? (data === undefined ? "digits" : "csv");
  const template = TEMPLATES[name as TemplateName];
  const names = () => Object.entries(TEMPLATES).map(([known, { about }]) => `  ${known.padEnd(11)} ${about}`);
  if (template === undefined)
    throw refused(`--template ${name}: there is no such template; the templates are\n${names().join("\n")}`);
  if (data !== undefined && isSetName(name))
    throw refused(`--template ${name} has data of its own; for ${data} give --template csv or regression`);
  const rival = ["template", "data", "model"].find((one) => options[one as "data"] !== undefined);
  if (trainer !== undefined && rival !== undefined)
    throw refused(`--trainer describes the whole task: leave --${rival} out`);
  const peers = Number(options.peers);
  if (!Number.isInteger(peers) || peers < 2) throw refused(`--peers ${options.peers}: give a whole number from 2`);
  if (missingPolicy !== undefined && data === undefined)
    throw refused("--missing-policy is about a table: name it with --data, or write input.missingPolicy into the task");
  if (epsilon !== undefined && !options.private)
    throw refused("--epsilon is the budget of --private: give both, or neither");
  if (existsSync(output) && !options.force)
    throw refused(`${output} exists: name another file with --output, or overwrite it with --force`);
  return { name, template, peers };
}

function refused(message: string): HearsayError {
  return new HearsayError("ERR_CONFIG", message);
}

/** The task of a document; figures of the own columns are in it, so that policies have a say. @throws HearsayError ERR_TASK, ERR_POLICY. */
async function allowedTask(document: Document, options: InitOptions): Promise<OpenTask> {
  const task = parseTask(document.toJS()); // not the text: to parse 100,000 columns again would take longer than all the rest
  const taskId = toHex(nodeCrypto.sha256(encodeTask(task)));
  if (options.data !== undefined) {
    const data = await dataSettings(options);
    const state = process.env.HEARSAY_STATE ?? ".hearsay"; // that of a peer on this machine
    (await openSite({ state, policy: options.policy })).allow({ task, taskId, data, what: "describe" });
  }
  return { task, taskId };
}

interface Completed {
  readonly fill: Fill | undefined;
  /** What was read from --model, in words. */
  readonly model: string | undefined;
}

/** Everything that the command line says goes into the document of the template. */
async function complete(document: Document, options: InitOptions, peers: number): Promise<Completed> {
  const name = options.name ?? (options.data === undefined ? undefined : taskNameFor(options.data));
  if (name !== undefined) {
    document.set("name", name);
    comment(document, ["name"], null);
  }
  const inboxSize = Math.min(LARGEST_INBOX, peers - 1);
  const quorum = Math.min(LARGEST_QUORUM, inboxSize);
  const parameters = document.createNode({ f: 0.2 }, { flow: true });
  document.set("aggregation", document.createNode({ rule: "guarded-median", parameters, inboxSize, quorum }));
  comment(document, ["aggregation", "parameters"], " f: assumed share of lying peers, 0 to 0.49");
  comment(document, ["aggregation", "inboxSize"], " k: models of other peers that are pulled in a cycle");
  comment(document, ["aggregation", "quorum"], " with fewer models than this a peer trains on alone");
  write(
    document,
    ["training", "adaptive"],
    true,
    " devices that are much slower than others take fewer steps, and merge while they train",
  );
  write(
    document,
    ["codec"],
    NEW_TASKS_CODEC,
    " of what peers send: f32, int8 (a quarter of the bytes) or int4 (an eighth; then outerMomentum of 0.5 at most)",
  );
  let fill: Fill | undefined;
  if (options.data !== undefined) {
    const data = await dataSettings(options);
    fill = await fillFromData(document, { ...data, path: options.data }, policyOf(options));
  }
  const model = options.model === undefined ? undefined : await useTopology(document, options.model);
  if (options.private) addPrivacy(document, options.epsilon, fill?.table.data.length);
  return { fill, model };
}

/** How the table is to be read. `--name` is the task's here, and not that of a peer. @throws HearsayError ERR_CONFIG. */
async function dataSettings(options: InitOptions) {
  return (await loadConfig(undefined, {}, settingsOf({ ...options, name: undefined }))).data;
}

/** @throws HearsayError ERR_CONFIG */
function policyOf({ missingPolicy: name }: InitOptions): MissingPolicy | undefined {
  if (name === undefined || MISSING_POLICIES.has(name)) return name as MissingPolicy | undefined;
  const known = [...MISSING_POLICIES].map(([policy, about]) => `  ${policy.padEnd(7)} ${about}`);
  throw new HearsayError("ERR_CONFIG", `--missing-policy ${name}: there are\n${known.join("\n")}`);
}

/** What `hearsay up` must be told about the data: what stands in the task need not be said again, but helps a reader. */
function dataFlags(template: string, options: InitOptions): string {
  if (options.trainer !== undefined) return shellOption("--trainer", options.trainer);
  if (isSetName(template)) return `--dataset ${template}`;
  const positions = options.drop?.split(",").filter((name) => name.startsWith("#")) ?? [];
  const given: [string, string | undefined][] = [
    ["--data", options.data ?? "FILE"],
    ["--label", template === "csv" ? options.label : undefined], // targets stand in the task
    ["--owner", options.owner],
    ["--drop", positions.length === 0 ? undefined : nameList(positions)],
    ["--encoding", options.encoding],
    ["--delimiter", options.delimiter],
    ["--decimal", options.decimal],
  ];
  return given.flatMap(([flag, value]) => (value === undefined ? [] : [shellOption(flag, value)])).join(" ");
}
