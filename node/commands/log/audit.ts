/** `hearsay log audit`: verifies a log, does again what it says was done, and tells what is proved, missing or false. */
import { plainAggregator } from "../../../protocol/aggregate/registry.ts";
import { type AuditedType, type AuditReport, auditLog, UNPROVABLE } from "../../../protocol/audit/audit.ts";
import type { AuditedEntry } from "../../../protocol/audit/examine.ts";
import { BudgetSpent, createMeter, type Meter } from "../../../protocol/audit/work-budget.ts";
import { equalBytes, keyOf, toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { readEntry } from "../../../protocol/log/entry/entry.ts";
import { modelAfter } from "../../../protocol/log/export/exported.ts";
import { type ExportVerification, readExport, verifyExport } from "../../../protocol/log/export/verify-export.ts";
import { decodeTask } from "../../../protocol/task/manifest.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { knownHeads } from "../../api/known-heads.ts";
import { nodeCrypto } from "../../crypto.ts";
import { openTask } from "../../disk/state-dir.ts";
import { onOutput } from "../../terminal/colours.ts";
import { EXIT_FORK, EXIT_INCOMPLETE, EXIT_INVALID, statusOf } from "../../terminal/fail.ts";
import { facts, printJson, table } from "../../terminal/print.ts";
import { spentText } from "../../terminal/privacy-words.ts";
import { createProgress } from "../../terminal/sim-progress.ts";
import { print } from "../../terminal/terminal.ts";
import { parseBudget } from "./audit-budget.ts";
import { type AuditSource, withAuditSource } from "./audit-source.ts";
import { type Passed, passedInWords, passOn } from "./found-fork.ts";

interface Audit {
  readonly verification: ExportVerification;
  /** Of the entries that hold; undefined where none does. */
  readonly report: AuditReport | undefined;
  /** What became of a fork that was found. */
  readonly passed?: Passed;
}

interface AuditCommandOptions {
  readonly state: string;
  readonly generation?: string;
  readonly budget?: string;
  readonly json?: boolean;
}

export async function run(what: string | undefined, options: AuditCommandOptions): Promise<void> {
  const { state: stateDir, generation } = options;
  const meter = createMeter(parseBudget(options.budget), () => performance.now());
  try {
    const audit = await withAuditSource({ what, stateDir, generation }, (source) =>
      auditOf(meteredSource(source, meter), what, stateDir, meter),
    );
    process.exitCode = exitOf(audit);
    if (options.json) return printJson(asJson(audit));
    print(`${inWords(audit)}\n`);
    if (audit.passed !== undefined) print(`${passedInWords(audit.passed, stateDir)}\n`);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    process.exitCode = EXIT_INCOMPLETE;
    const leftUndone = `the budget of ${error.what} was spent before the log was verified: nothing is known of it`;
    if (options.json) printJson({ ok: false, spent: error.what, leftUndone });
    else print(`${onOutput.yellow(leftUndone)}\nA larger one: --budget ${error.what}=...\n`);
  }
}

/** Every byte of the log is paid for, each time that it is read. Models are paid for by the audit. */
function meteredSource(source: AuditSource, meter: Meter): AuditSource {
  return {
    ...source,
    async *chunks() {
      for await (const chunk of source.chunks()) {
        meter.read(chunk.length);
        yield chunk;
      }
    },
  };
}

async function auditOf(source: AuditSource, what: string | undefined, stateDir: string, meter: Meter): Promise<Audit> {
  const progress = createProgress("audit");
  try {
    const announced = what === undefined ? [] : await knownHeads(stateDir, source.chunks());
    const verification = await verifyExport(source.chunks(), { crypto: nodeCrypto, announced, onBlob: source.learn });
    const { entries, task: taskId, generation = 0 } = verification;
    const isFork =
      what !== undefined && verification.firstBad !== undefined && statusOf(verification.firstBad.reason) === EXIT_FORK;
    const passed = isFork ? await passOn({ stateDir, copies: [source.chunks], announced, notes: [] }) : undefined;
    if (verification.withheld !== undefined)
      throw new HearsayError(
        "ERR_STATE",
        "this export is redacted: hearsay log verify says whether it holds; an audit needs all entries",
      );
    if (taskId === undefined || entries === 0) return { verification, report: undefined, ...(passed && { passed }) };
    const task = await taskOf(taskId, source, stateDir);
    /** Who published the models that the entry at hand names. */
    const authors = new Map<string, PeerId>();
    const report = await auditLog(entriesOf(source, entries, authors), {
      task,
      crypto: nodeCrypto,
      aggregator: plainAggregator,
      find: (hash) => source.find(hash, authors.get(keyOf(hash))),
      cameTo: (model) => hadModel(source, generation, verification.peer, model),
      meter,
      onEntry: (done) => progress.update(done / entries, `${done} of ${counted(entries, "entry", "entries")}`),
    });
    return { verification, report, ...(passed && { passed }) };
  } finally {
    progress.stop();
  }
}

/** Whether an earlier log of this peer, as far as it holds, came to a model. */
async function hadModel(
  source: AuditSource,
  generation: number,
  peer: PeerId | undefined,
  { params, age }: { readonly params: Uint8Array; readonly age: number },
): Promise<boolean> {
  for await (const chunks of source.earlier(generation)) {
    let had = false;
    const verification = await verifyExport(chunks, {
      crypto: nodeCrypto,
      onEntry(entry) {
        const model = modelAfter(entry);
        had ||= model !== undefined && model.age === age && equalBytes(model.params, params);
      },
    });
    if (had && verification.peer === peer) return true; // each entry was verified before it was seen
  }
  return false;
}

/** The first entries, which have been verified. */
async function* entriesOf(
  source: AuditSource,
  count: number,
  authors: Map<string, PeerId>,
): AsyncIterable<AuditedEntry> {
  let left = count;
  for await (const signed of (await readExport(source.chunks(), nodeCrypto)).entries) {
    const entry = readEntry(signed, nodeCrypto);
    authors.clear();
    if (entry.type === "aggregate")
      for (const [peer, model] of entry.body.parents) authors.set(keyOf(model), peerIdFromPublicKey(peer));
    yield entry;
    if (--left === 0) return;
  }
}

/** The manifest, from the export or of the state directory. @throws HearsayError ERR_TASK where neither has it. */
async function taskOf(id: Uint8Array, source: AuditSource, stateDir: string): Promise<Task> {
  const manifest = await source.find(id);
  if (manifest !== undefined) return decodeTask(manifest);
  const local = await openTask(stateDir).catch((error: unknown) => {
    if (isHearsayError(error, "ERR_STATE")) return undefined;
    throw error;
  });
  if (local?.taskId === toHex(id)) return local.task;
  throw new HearsayError(
    "ERR_TASK",
    `the log is about task ${toHex(id)}, whose manifest is not here: name with --state the directory of a peer of that task, or take an` +
      " export as CAR, which has it",
  );
}

function exitOf({ verification: { firstBad }, report }: Audit): number {
  const status = firstBad && statusOf(firstBad.reason);
  if (status === EXIT_FORK || status === EXIT_INVALID) return status;
  if (report?.firstLie !== undefined) return EXIT_INVALID;
  if (report?.spent !== undefined) return EXIT_INCOMPLETE;
  return status ?? (missingIn(report) > 0 ? EXIT_INCOMPLETE : 0);
}

function missingIn(report: AuditReport | undefined): number {
  return Object.values(report?.tallies ?? {}).reduce((sum, { missing }) => sum + missing, 0);
}

function asJson({ verification, report, passed }: Audit): object {
  const { ok, entries, peer, task, generation, head, checkpoint, cosigners, convictions, firstBad } = verification;
  return {
    ok: ok && report?.firstLie === undefined && report?.spent === undefined && missingIn(report) === 0,
    peer,
    task: task && toHex(task),
    generation,
    entries,
    head: head && toHex(head.id),
    checkpoint: checkpoint && { size: checkpoint.size, root: toHex(checkpoint.root) },
    cosigners,
    evidence: convictions,
    firstBad,
    passed,
    audit: report?.tallies,
    firstLie: report?.firstLie,
    privacy: report?.privacy,
    spent: report?.spent,
    leftUndone: report?.spent && { entries: entries - report.entries },
    unprovable: UNPROVABLE,
  };
}

const MEANING: Readonly<Record<AuditedType, string>> = {
  train: "not repeatable: it continues the model before, by the task's steps and age",
  publish: "the body is what the training gave",
  aggregate: "done again: the same model to the bit, statuses, age",
  resume: "a model that the log knew",
};

function inWords(audit: Audit): string {
  const { verification, report } = audit;
  const { entries, peer, task, generation, head, checkpoint, cosigners, firstBad } = verification;
  const rows: [string, string][] = [["entries", `${entries} hold: chain, signatures, tree`]];
  if (peer !== undefined) rows.unshift(["peer", peer]);
  if (task !== undefined) rows.push(["task", toHex(task)]);
  if (generation) rows.push(["generation", String(generation)]);
  if (head !== undefined) rows.push(["head", toHex(head.id)]);
  if (checkpoint !== undefined) rows.push(["checkpoint", `of ${counted(checkpoint.size, "entry", "entries")}`]);
  if (cosigners.length > 0) rows.push(["cosigned by", cosigners.map((one) => one.peer).join("\n             ")]);
  if (firstBad !== undefined)
    rows.push(
      isBeyond(verification)
        ? ["the file", beyondText(firstBad)]
        : [`entry ${firstBad.seq}`, `${firstBad.reason}: ${firstBad.message}`],
    );
  if (report?.privacy !== undefined)
    rows.push(["privacy", `claimed: ${spentText(report.privacy)}, accounting repeated`]);
  if (report?.spent !== undefined)
    rows.push([
      "left undone",
      `${counted(entries - report.entries, "entry", "entries")}: the budget of ${report.spent} is spent (--budget)`,
    ]);
  const lie = report?.firstLie;
  if (lie !== undefined) rows.push([`entry ${lie.seq}`, `${lie.type}: ${lie.reason}`]);
  const tallies = Object.entries(report?.tallies ?? {}).map(([type, { proved, claimed, missing, refuted }]) => {
    const counts = [proved, claimed, missing, refuted].map(String);
    return [type, ...counts, MEANING[type as AuditedType]];
  });
  const found =
    tallies.length === 0
      ? ""
      : `${table(["entry", "proved", "claimed", "missing", "false", "what that means"], tallies)}\n`;
  const unprovable = UNPROVABLE.map((sentence) => `  ${sentence}`).join("\n");
  return `${verdictOf(audit)}\n${facts(rows)}\n${found}${onOutput.dim(`What no log can prove:\n${unprovable}`)}`;
}

/** Whether all entries hold, and what is wrong comes after them: bodies, in a file that somebody carried. */
function isBeyond({ entries, firstBad, checkpoint }: ExportVerification): boolean {
  const isOfFile = firstBad?.reason === "file" || firstBad?.reason === "cut";
  return isOfFile && firstBad.seq === entries && checkpoint?.size === entries;
}

function beyondText({ message }: { readonly message: string }): string {
  const why = message.replace(/^log entry \d+: /, "");
  return `${why}: this shows nothing against the writer; ask for the file again (hearsay log export -o FILE --bodies), and compare its SHA-256`;
}

/** What was done again and what was not: a headline must not speak of trainings that nobody can repeat. */
function repeatedIn(report: AuditReport | undefined): string {
  const { aggregate, publish, train } = report?.tallies ?? {};
  return (
    `${aggregate?.proved ?? 0} merges and ${publish?.proved ?? 0} encodings were done again with the same result, ` +
    `${train?.claimed ?? 0} trainings are claimed`
  );
}

function verdictOf(audit: Audit): string {
  const { verification, report } = audit;
  switch (exitOf(audit)) {
    case 0:
      return onOutput.green(`the log holds; ${repeatedIn(report)}`);
    case EXIT_FORK:
      return onOutput.red("a fork: the writer of this log has signed two histories");
    case EXIT_INCOMPLETE:
      if (report?.spent !== undefined)
        return onOutput.yellow(
          `nothing is false in the first ${counted(report.entries, "entry", "entries")}; the budget ended there`,
        );
      return onOutput.yellow(
        verification.ok
          ? `nothing is false; of ${counted(missingIn(report), "entry", "entries")} the models could not be had`
          : isBeyond(verification)
            ? "the entries of the log hold, and nothing is false as far as the file goes; its end is missing"
            : "nothing is false as far as it goes; the end of the log is missing",
      );
    default:
      if (isBeyond(verification) && report?.firstLie === undefined)
        return onOutput.red("the entries of the log hold; the file is damaged after them");
      return onOutput.red(verification.ok ? "the log says what was not so" : "the log does not hold");
  }
}
