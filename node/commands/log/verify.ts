/** `hearsay log verify`: the peer's own log, an exported one, or two exports of one log against each other. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import {
  type Cosigner,
  type ExportVerification,
  firstDifference,
  readExport,
  verifyExport,
} from "../../../protocol/log/export/verify-export.ts";
import { readCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import type { Verification } from "../../../protocol/log/verify/verify.ts";
import type { Announcement } from "../../../protocol/wire/announcement.ts";
import { knownHeads } from "../../api/known-heads.ts";
import { startSignatureChecker } from "../../api/log-verifier.ts";
import { nodeCrypto } from "../../crypto.ts";
import { onOutput } from "../../terminal/colours.ts";
import { EXIT_FORK, EXIT_INCOMPLETE, EXIT_INVALID, statusOf } from "../../terminal/fail.ts";
import { dateText, facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { passedInWords, passOn } from "./found-fork.ts";
import { requireFile, verifyStateLog } from "./source.ts";

const EXPORTED = "name a file that hearsay log export wrote";

interface LogVerifyOptions {
  readonly state: string;
  readonly peer?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

type FirstBad = NonNullable<Verification["firstBad"]>;

/** What was found; cosigners and the like only of exports. */
type Result = Verification & Partial<ExportVerification> & { readonly file?: string };

/** Beside the files. */
interface Known {
  /** By the writers of the files, to the peer of the state directory. */
  readonly announced: Announcement[];
  readonly notes: readonly string[];
}

export async function run(files: readonly string[], options: LogVerifyOptions): Promise<void> {
  const { state: stateDir, checkpoint } = options;
  checkUse(files, checkpoint);
  const known: Known = { announced: [], notes: checkpoint === undefined ? [] : [await noteIn(checkpoint)] };
  const results = await resultsOf(files, options, known);
  const fork = results.length === 2 ? await forkOf(results as [Result, Result]) : undefined;
  const bad = fork ?? worstOf(results);
  if (bad !== undefined) process.exitCode = statusOf(bad.reason);
  const isFound = files.length > 0 && bad !== undefined && statusOf(bad.reason) === EXIT_FORK;
  const copies = files.map((file) => () => bytesOf(file));
  const passed = isFound ? await passOn({ stateDir, copies, ...known, parted: fork?.seq }) : undefined;
  if (options.json) {
    const [first] = results.map(asJson);
    return printJson(
      results.length === 1
        ? { ...first, passed }
        : { ok: bad === undefined, firstBad: bad, passed, files: results.map(asJson) },
    );
  }
  for (const result of results) print(`${inWords(result)}\n`);
  if (fork !== undefined) print(`${onOutput.red("a fork")}: ${fork.message}\n`);
  if (passed !== undefined) print(`${passedInWords(passed, stateDir)}\n`);
}

/** @throws HearsayError ERR_CONFIG */
function checkUse(files: readonly string[], checkpoint: string | undefined): void {
  if (files.length > 2)
    throw new HearsayError("ERR_CONFIG", "give one file, or two exports of one log to compare them");
  if (files.length === 0 && checkpoint !== undefined)
    throw new HearsayError("ERR_CONFIG", "--checkpoint: name an exported file to hold it against");
}

/** What is known beside each file is added to `known`. */
async function resultsOf(files: readonly string[], options: LogVerifyOptions, known: Known): Promise<Result[]> {
  const { state, peer } = options;
  const signatures = startSignatureChecker();
  const expected = { crypto: nodeCrypto, signatures, ...(peer !== undefined && { peer }) };
  try {
    if (files.length === 0) return [await verifyStateLog(state, expected)];
    const results: Result[] = [];
    for (const file of files) {
      await requireFile(file, EXPORTED);
      const heads = await knownHeads(state, bytesOf(file));
      known.announced.push(...heads);
      const all = { ...expected, notes: known.notes, announced: heads };
      results.push({ file, ...(await verifyExport(bytesOf(file), all)) });
    }
    return results;
  } finally {
    await signatures.close();
  }
}

/** Where the entries of two exports, as far as both hold, are not the same. @throws HearsayError ERR_CONFIG for two logs. */
async function forkOf([one, other]: readonly [Result, Result]): Promise<FirstBad | undefined> {
  if (one.logId === undefined || other.logId === undefined) return undefined;
  if (toHex(one.logId) !== toHex(other.logId))
    throw new HearsayError(
      "ERR_CONFIG",
      `${one.file} and ${other.file} are two logs: only exports of one can be compared`,
    );
  const read = ({ file }: Result) => readExport(bytesOf(file as string), nodeCrypto);
  const seq = await firstDifference(
    await read(one),
    await read(other),
    Math.min(one.entries, other.entries),
    nodeCrypto,
  );
  if (seq === undefined) return undefined;
  return { seq, reason: "fork", message: `its writer signed two entries ${seq}` };
}

/** A fork before what is invalid, that before what is incomplete. */
function worstOf(results: readonly Result[]): FirstBad | undefined {
  const bad = results.flatMap(({ firstBad }) => firstBad ?? []);
  const gravity = ({ reason }: FirstBad) => [EXIT_INCOMPLETE, EXIT_INVALID, EXIT_FORK].indexOf(statusOf(reason));
  return bad.toSorted((a, b) => gravity(b) - gravity(a))[0];
}

function asJson({
  file,
  ok,
  entries,
  withheld,
  peer,
  task,
  generation,
  head,
  root,
  ended,
  firstBad,
  ...more
}: Result): object {
  const { checkpoint, cosigners, convictions } = more;
  return {
    ...(file !== undefined && { file }),
    ok,
    entries,
    withheld,
    peer,
    task: task && toHex(task),
    generation,
    head: head && toHex(head.id),
    root: root && toHex(root),
    ended,
    checkpoint: checkpoint && { size: checkpoint.size, root: toHex(checkpoint.root) },
    cosigners,
    evidence: convictions,
    firstBad,
  };
}

function inWords(result: Result): string {
  const { file, ok, entries, peer, task, generation, head, root, ended, firstBad, convictions = [] } = result;
  const rows: [string, string][] = [
    ["entries", `${counted(entries, "holds", "hold")}${ended === true ? "; the last one ends the log" : ""}`],
    ...(result.withheld === undefined ? [] : [["withheld", `what ${result.withheld} of them say`] as [string, string]]),
  ];
  if (file !== undefined) rows.unshift(["file", file]);
  if (peer !== undefined) rows.push(["peer", peer]);
  if (task !== undefined) rows.push(["task", toHex(task)]);
  if (generation) rows.push(["generation", String(generation)]);
  if (head !== undefined) rows.push([ok ? "head" : "last good", toHex(head.id)]);
  if (root !== undefined) rows.push(["tree", toHex(root)]);
  if (ok && file !== undefined)
    rows.push(["checkpoint", checkpointInWords(result)], ...cosignersInWords(result.cosigners ?? []));
  for (const { kind, reason } of convictions) rows.push(["evidence", `${kind}: ${reason}`]);
  if (firstBad !== undefined) rows.push(["why", firstBad.message]);
  return `${verdictOf(firstBad)}\n${facts(rows)}`;
}

function verdictOf(firstBad: FirstBad | undefined): string {
  if (firstBad === undefined) return onOutput.green("the log holds");
  const { seq, reason } = firstBad;
  const status = statusOf(reason);
  if (status === EXIT_FORK) return onOutput.red("a fork: the writer of this log has signed two histories");
  if (status === EXIT_INCOMPLETE)
    return onOutput.yellow(
      `the log is incomplete: its first ${counted(seq, "entry holds", "entries hold")}, and what follows is missing`,
    );
  if (reason === "file")
    return onOutput.red(`the file does not hold: what follows its first ${counted(seq, "entry", "entries")}`); // a body, or no entry at all
  return onOutput.red(`entry ${seq} does not hold: ${reason}`);
}

function checkpointInWords({ checkpoint, entries }: Result): string {
  if (checkpoint === undefined) return "none: whether the end was cut off cannot be told";
  const rest = entries - checkpoint.size;
  return `of the first ${checkpoint.size}, signed by the writer${rest === 0 ? "" : `; ${rest} came after it`}`;
}

function cosignersInWords(cosigners: readonly Cosigner[]): [string, string][] {
  const rows = cosigners.map(({ peer, size, seconds }): [string, string] => [
    "cosigned",
    `${counted(size, "entry", "entries")}, ${dateText(1000 * seconds)}, by ${peer}`,
  ]);
  const meaning =
    "those keys say that they were shown this history then, and no other before. They prove as much as you know about who holds them: the" +
    " writer can make keys too";
  return rows.length === 0 ? [] : [...rows, ["", onOutput.dim(meaning)]];
}

async function* bytesOf(path: string): AsyncIterable<Uint8Array> {
  await requireFile(path, EXPORTED);
  yield* createReadStream(path);
}

/** @throws HearsayError ERR_STATE where there is no such file, ERR_DECODE where it is no checkpoint: that is no fault of the log. */
async function noteIn(path: string): Promise<string> {
  await requireFile(path, "--checkpoint takes a checkpoint that its writer signed, as a file");
  const note = await readFile(path, "utf8");
  try {
    readCheckpoint(note);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    throw new HearsayError(error.code, `--checkpoint ${path}: ${error.message}; the log was not looked at`, {}, error);
  }
  return note;
}
