/** `hearsay init`: writes a task file from a template, filled in from one's own data where they are given. */
import { existsSync } from "node:fs";
import { type Document, parseDocument } from "yaml";
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { MISSING_POLICIES, type MissingPolicy } from "../../../protocol/learn/data/missing.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";
import { loadConfig } from "../../config.ts";
import { nodeCrypto } from "../../crypto.ts";
import { isSetName } from "../../data/shipped/registry.ts";
import { TEMPLATES, type TemplateName } from "../../data/templates.ts";
import type { OpenTask } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import { nameList, shellOption } from "../../shell.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type Fill, fillFromData, taskNameFor } from "./init-data.ts";
import { type ForecastOptions, forecastOf, writeForecastRows } from "./init-lags.ts";
import { useTopology } from "./init-model.ts";
import { addPrivacy, privacyInWords } from "./init-private.ts";
import { useStart } from "./init-start.ts";
import { describeFill, fillAsJson } from "./init-table.ts";
import { taskOfTrainer } from "./init-trainer.ts";

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
  const name = options.template ?? (options.data === undefined ? "digits" : "csv");
  const template = TEMPLATES[name as TemplateName];
  if (template === undefined) {
    const names = Object.entries(TEMPLATES).map(([known, { about }]) => `  ${known.padEnd(11)} ${about}`);
    const message = `--template ${name}: there is no such template; the templates are\n${names.join("\n")}`;
    throw new HearsayError("ERR_CONFIG", message);
  }
  if (options.data !== undefined && isSetName(name)) {
    const message = `--template ${name} has data of its own; for ${options.data} give --template csv or regression`;
    throw new HearsayError("ERR_CONFIG", message);
  }
  const rival = ["template", "data", "model"].find((one) => options[one as "data"] !== undefined);
  if (options.trainer !== undefined && rival !== undefined)
    throw new HearsayError("ERR_CONFIG", `--trainer describes the whole task: leave --${rival} out`);
  const peers = Number(options.peers);
  if (!Number.isInteger(peers) || peers < 2)
    throw new HearsayError("ERR_CONFIG", `--peers ${options.peers}: give a whole number from 2`);
  if (options.missingPolicy !== undefined && options.data === undefined) {
    const message =
      "--missing-policy is about a table: name it with --data, or write input.missingPolicy into the task";
    throw new HearsayError("ERR_CONFIG", message);
  }
  if (options.epsilon !== undefined && !options.private)
    throw new HearsayError("ERR_CONFIG", "--epsilon is the budget of --private: give both, or neither");
  if (existsSync(options.output) && !options.force) {
    const remedy = "name another file with --output, or overwrite it with --force";
    throw new HearsayError("ERR_CONFIG", `${options.output} exists: ${remedy}`);
  }
  const forecast = series && (await writeForecastRows(series, given));
  const trained = options.trainer === undefined ? undefined : await taskOfTrainer(options.trainer);
  const document = trained?.document ?? parseDocument(template.yaml);
  const { fill, model = trained?.model } = await complete(document, options, peers);
  writeForUnlikeData(document);
  writeForRegression(document);
  const begun = options.from === undefined ? undefined : await useStart(document, options.from);
  const text = document.toString({ lineWidth: 120, flowCollectionPadding: false });
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

/** sim/results/skew.md says why. */
const NEW_TASKS_ABSENT_CLASSES = 4;
const NEW_TASKS_OUTER_MOMENTUM = 0.95;
/** Momentum carries on what rounding adds, and a mean of few models takes less of it away: with int8 and three peers 0.9 went wrong under one seed in four. */
const FEW_PEERS_OUTER_MOMENTUM = 0.7;
/** The longer the steps of unlike peers are, the farther apart their models lie, and the farther off a lie may lie unseen. */
const NEW_TASKS_SCHEDULE = { kind: "cosine", steps: 1000, floor: 0.1 };
/** From nearly twice the rate, so that the mean rate over the schedule is the one that the task names. */
const NEW_TASKS_PEAK = 1.9;
/** The first gradients are ten times as long as later ones: at such a rate they would switch the units of a relu network off for good. */
const NEW_TASKS_MAX_GRADIENT_NORM = 1;
/** With fewer a peer needs an exchange more until it has learned, with more it sends no less. */
const NEW_TASKS_STEPS = 20;
/** The falling rate takes noise away already: a long mean would only lag behind. */
const NEW_TASKS_RUNNING_MEAN = 0.3;
const NEW_TASKS_MOST_LOSS = 0.8;
/** One row of eight is left out of each mean in place of two. Of four and fewer it would be none: those have the rule's own. */
const NEW_TASKS_MIX = 0.3;
/** Models of a merge from which on these hold. */
const SEVERAL_MODELS = 5;

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
  document.setIn(["training", "adaptive"], document.createNode(true));
  comment(
    document,
    ["training", "adaptive"],
    " devices that are much slower than others take fewer steps, and merge while they train",
  );
  document.set("codec", document.createNode(NEW_TASKS_CODEC));
  comment(
    document,
    ["codec"],
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

/**
 * What classifications by built-in models have so that peers whose data are unlike do not undo one another's work, and see who sends them nothing of use. Momentum alone would also
 * carry on what liars do: it goes with the look at what they send.
 */
function writeForUnlikeData(document: Document): void {
  const isClassification = document.getIn(["output", "kind"]) === "classification";
  if (!isClassification || ["layers", "external"].includes(String(document.getIn(["model", "kind"])))) return;
  if (document.has("privacy")) return; // no budget covers what losses and absent classes tell
  document.setIn(["training", "absentClasses"], document.createNode(NEW_TASKS_ABSENT_CLASSES));
  comment(document, ["training", "absentClasses"], " a training does not unlearn classes of which a peer has no row");
  const isOfSeveral = Number(document.getIn(["aggregation", "inboxSize"])) >= SEVERAL_MODELS;
  const momentum = isOfSeveral ? NEW_TASKS_OUTER_MOMENTUM : FEW_PEERS_OUTER_MOMENTUM;
  document.setIn(["training", "outerMomentum"], document.createNode(momentum));
  comment(
    document,
    ["training", "outerMomentum"],
    " a training starts beyond the model, along its way since the last cycle",
  );
  const schedule = { ...NEW_TASKS_SCHEDULE, ...(isOfSeveral && { peak: NEW_TASKS_PEAK }) };
  document.setIn(["training", "schedule"], document.createNode(schedule, { flow: true }));
  comment(
    document,
    ["training", "schedule"],
    " from this age of the model on the learning rate is a tenth; give more steps where a network has much to learn",
  );
  if (isOfSeveral) {
    document.setIn(["training", "steps"], NEW_TASKS_STEPS);
    comment(document, ["training", "steps"], " of gradient descent between two exchanges");
    writeLongestGradient(document);
    document.setIn(["training", "runningMean"], document.createNode(NEW_TASKS_RUNNING_MEAN));
    comment(
      document,
      ["training", "runningMean"],
      " of the model for predictions so much stays in a cycle; 0: it is the newest",
    );
    document.setIn(["aggregation", "parameters", "mix"], NEW_TASKS_MIX);
    comment(
      document,
      ["aggregation", "parameters"],
      " f: assumed share of lying peers, 0 to 0.49; mix: how many of these each mean leaves out",
    );
  }
  document.setIn(["aggregation", "mostLoss"], document.createNode(NEW_TASKS_MOST_LOSS));
  comment(document, ["aggregation", "mostLoss"], " models that know next to nothing about a few own rows are left out");
}

/** A row far from all others makes a gradient so long that a model does not come back from its step: at one of twenty stations in two of fifteen runs (sim/results/personal.md). */
function writeForRegression(document: Document): void {
  const isOwn = document.getIn(["model", "kind"]) === "external" || document.has("privacy"); // these have bounds of their own
  if (document.getIn(["output", "kind"]) === "regression" && !isOwn) writeLongestGradient(document);
}

function writeLongestGradient(document: Document): void {
  document.setIn(["training", "maxGradientNorm"], document.createNode(NEW_TASKS_MAX_GRADIENT_NORM));
  comment(document, ["training", "maxGradientNorm"], " longer gradients of a batch are shortened to this");
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

function comment(document: Document, path: string[], text: string | null): void {
  const node = document.getIn(path, true);
  if (typeof node === "object" && node !== null) (node as { comment?: string | null }).comment = text;
}
