/**
 * Two statements of a log's writer that contradict each other, out of copies of its log and of what it told elsewhere. Whoever has verified the copies knows that
 * there are two histories; others believe two signatures (log/entry/evidence.ts), where two are at hand that are short enough to be told:
 *
 *     entries         where two copies part, and where the writer announced something; each vouches for the one before it
 *     announcements   that a peer heard
 *     checkpoints     of the copies, and from elsewhere, without the lines of others
 */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto } from "../../base/seams.ts";
import { readEntry } from "../../log/entry/entry.ts";
import {
  type AccusedLog,
  decodeEvidence,
  forkBetween,
  type SignedStatement,
  verifyEvidence,
} from "../../log/entry/evidence.ts";
import type { ExportedLog } from "../../log/export/exported.ts";
import { isWithheld } from "../../log/export/withheld.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { checkpointState } from "./signed-state.ts";

export interface Copies {
  /** Each opens a copy of the log at its beginning. */
  readonly copies: readonly (() => Promise<ExportedLog>)[];
  readonly announced: readonly Announcement[];
  /** Notes about the log that are in no copy. */
  readonly notes: readonly string[];
  /** The first entry in which two copies differ. */
  readonly parted?: number | undefined;
}

/** What one copy says of its log, and shows at the places that matter. */
interface Shown {
  readonly log: AccusedLog;
  readonly evidence: readonly Uint8Array[];
  readonly notes: readonly string[];
  readonly entries: readonly SignedStatement[];
}

/**
 * Evidence of a fork against the writer of the first copy, as it is gossiped; undefined where no two statements at hand make any.
 * @throws HearsayError where a copy cannot be read that far.
 */
export async function forkInCopies(
  { copies, announced, notes, parted }: Copies,
  crypto: Crypto,
): Promise<Uint8Array | undefined> {
  const seqs = [...announced.map(({ seq }) => seq), ...(parted === undefined ? [] : [parted])];
  const places = new Set(seqs.flatMap((seq) => [seq, seq + 1]));
  const shown: Shown[] = [];
  for (const open of copies) shown.push(...(await lookInto(await open(), places, crypto)));
  const [first] = shown;
  if (first === undefined) return undefined;
  const { log } = first;
  const told = shown.flatMap(({ evidence }) => evidence).find((proof) => convicts(proof, log, crypto));
  if (told !== undefined) return told;
  const heard = announced.map(({ sealed }): SignedStatement => ({ what: "announcement", bytes: sealed }));
  const signed = [...notes, ...shown.flatMap((copy) => copy.notes)].flatMap((note) => statementOf(note, log, crypto));
  return firstFork(log, [...heard, ...signed, ...shown.flatMap(({ entries }) => entries)], crypto);
}

async function lookInto({ header, entries }: ExportedLog, places: Set<number>, crypto: Crypto): Promise<Shown[]> {
  const last = Math.max(0, ...places);
  const found: SignedStatement[] = [];
  let log: AccusedLog | undefined;
  let seq = 0;
  for await (const bytes of entries) {
    if (seq === 0) log = ownerOf(bytes, crypto);
    if (places.has(seq) && !isWithheld(bytes)) found.push({ what: "entry", bytes });
    if (++seq > last) break;
  }
  if (log === undefined) return [];
  const notes = [header?.checkpoint, header?.cosigned].filter((note) => typeof note === "string");
  return [{ log, evidence: header?.evidence ?? [], notes, entries: found }];
}

function ownerOf(signed: Uint8Array, crypto: Crypto): AccusedLog | undefined {
  const { type, body } = readEntry(signed, crypto);
  return type === "genesis" ? { publicKey: body.peer, task: body.task, generation: body.generation ?? 0 } : undefined;
}

/** Evidence that stands in a copy. */
function convicts(proof: Uint8Array, { publicKey }: AccusedLog, crypto: Crypto): boolean {
  return (
    ignoring(() => {
      const evidence = decodeEvidence(proof);
      const isAbout = evidence.kind === "fork" && equalBytes(evidence.publicKey, publicKey);
      return isAbout && verifyEvidence(evidence, crypto) !== undefined;
    }) ?? false
  );
}

function statementOf(note: string, log: AccusedLog, crypto: Crypto): SignedStatement[] {
  const state = ignoring(() => checkpointState(log, note, crypto));
  return state === undefined ? [] : [state.statement];
}

function firstFork(log: AccusedLog, statements: readonly SignedStatement[], crypto: Crypto): Uint8Array | undefined {
  for (const [i, one] of statements.entries())
    for (const other of statements.slice(i + 1)) {
      const fork = forkBetween(log, [one, other], crypto);
      if (fork !== undefined) return fork;
    }
  return undefined;
}

/** Undefined for what is not in its form. */
function ignoring<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return undefined;
  }
}
