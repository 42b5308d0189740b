/**
 * What others may ask about this peer's log (wire/log-messages.ts): proofs, entries, checkpoints, and the evidence that it holds. Also the
 * place to which they bring cosignatures (cosigning.ts).
 */
import { forgetOldest } from "../../base/bounded.ts";
import { equalBytes, keyOf } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId, Store } from "../../base/seams.ts";
import { type Entry, logIdOf } from "../../log/entry/entry.ts";
import { openStoredExport } from "../../log/export/stored-export.ts";
import type { Log } from "../../log/stored/chain.ts";
import { storedEntries } from "../../log/stored/reading.ts";
import { storedGenerations } from "../../log/stored/records.ts";
import { checkpointFrom, formatCheckpoint } from "../../log/tree/checkpoint.ts";
import {
  createFrameBudget,
  decodeLogRequest,
  encodeCheckpointAnswer,
  encodeCosignAnswer,
  encodeEntriesAnswer,
  encodeEvidenceAnswer,
  encodeGenerationsAnswer,
  encodeProveAnswer,
  LOG_PROTOCOL,
  type LogRequest,
} from "../../wire/log-messages.ts";
import { paidService } from "../inbound/serve.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import type { Cosigning } from "./cosigning.ts";

export interface LogService {
  /** Answers questions about the log. */
  readonly service: RequestService;
  /** An entry that others will ask for in a moment, as they pull its model. */
  published(entry: Entry): void;
  /** An entry of the log as it goes on now. @throws HearsayError ERR_NOT_FOUND. */
  entryAt(seq: number): Promise<Entry>;
}

export interface LogServiceComponents {
  readonly log: Log;
  /** Earlier generations of it. */
  readonly store: Store;
  readonly crypto: Crypto;
  readonly cosigning: Cosigning;
  readonly budget: Budget;
}

export interface LogServiceOptions {
  readonly taskId: Uint8Array;
  /** This peer's. */
  readonly publicKey: Uint8Array;
  /** The evidence that this peer holds and the asker, to judge by `held`, does not. */
  evidence(held: Uint8Array): readonly Uint8Array[];
}

/** As many as the model bodies that are served. */
const ENTRIES_AT_HAND = 3;

/** What it takes to answer, in units of peer/memory/budget.ts: to read tiles, to look for a generation, to write a line to the disk. */
const COSTS: Readonly<Record<LogRequest["what"], number>> = {
  prove: 1,
  checkpoint: 0.5,
  entries: 1,
  cosign: 3,
  evidence: 0.5,
  generations: 0.5,
};
/** Bytes of entries that are read, checked and sent for 1. */
const ANSWERED_BYTES_PER_UNIT = 16_384;

type Asked<W extends LogRequest["what"]> = Extract<LogRequest, { what: W }>;

/** What the answers are made of. */
interface Desk extends LogServiceComponents, LogServiceOptions {
  /** Entries that were published last, by log and number. */
  readonly atHand: Map<string, Entry>;
}

export function createLogService(components: LogServiceComponents, options: LogServiceOptions): LogService {
  const atHand = new Map<string, Entry>();
  const desk: Desk = { ...components, ...options, atHand };
  const service = paidService(components.budget, {
    protocol: LOG_PROTOCOL,
    decode: decodeLogRequest,
    costOf: ({ what }) => COSTS[what],
    bytesPerUnit: ANSWERED_BYTES_PER_UNIT,
    answer: (from, request) => answer(desk, from, request),
  });
  return {
    service,
    published(entry) {
      atHand.set(nameOf(entry.logId, entry.seq), entry);
      forgetOldest(atHand, ENTRIES_AT_HAND);
    },
    entryAt: (seq) => entryAt(desk, seq),
  };
}

function answer(desk: Desk, from: PeerId, request: LogRequest): Promise<Uint8Array> | Uint8Array {
  const { log, cosigning } = desk;
  if (request.what === "evidence") return evidencePage(desk, request);
  if (request.what === "generations") return generations(desk, request);
  if (!equalBytes(request.logId, log.logId)) return former(desk, request);
  switch (request.what) {
    case "prove":
      return prove(desk, from, request);
    case "checkpoint":
      return newest(desk);
    case "entries":
      return pageOf(signedEntries(desk, request.from), log.head().size, request);
    case "cosign":
      return cosigning.bring(from, request.size, request.line).then(encodeCosignAnswer);
  }
}

async function prove(desk: Desk, from: PeerId, { seq, old }: Asked<"prove">): Promise<Uint8Array> {
  const { log, cosigning } = desk;
  const size = seq + 1;
  if (size > log.head().size || old > size) throw notFound();
  const [{ signed }, inclusion, consistency] = await Promise.all([
    entryAt(desk, seq),
    log.inclusionProof(seq, size),
    old === 0 ? [] : log.consistencyProof(old, size),
  ]);
  return encodeProveAnswer({ entry: signed, inclusion, consistency, wanted: cosigning.wants(size, from) });
}

async function entryAt({ log, atHand }: Desk, seq: number): Promise<Entry> {
  const known = atHand.get(nameOf(log.logId, seq));
  if (known !== undefined) return known;
  for await (const entry of log.entries(seq)) return entry;
  throw notFound();
}

async function* signedEntries({ log }: Desk, from: number): AsyncIterable<Uint8Array> {
  for await (const { signed } of log.entries(from)) yield signed;
}

function newest({ log, publicKey, crypto }: Desk): Uint8Array {
  const { signature, ...state } = log.state();
  const cosigned = log.cosigned();
  const note = formatCheckpoint(checkpointFrom(state, publicKey, signature, crypto));
  return encodeCheckpointAnswer({ note, ...(cosigned && { cosigned: formatCheckpoint(cosigned) }) });
}

function evidencePage({ log, taskId, evidence }: Desk, { logId, from, held }: Asked<"evidence">): Uint8Array {
  if (!equalBytes(logId, taskId) && !equalBytes(logId, log.logId)) throw notFound();
  const fits = createFrameBudget();
  const rest = evidence(held).slice(from);
  const end = rest.findIndex((item) => !fits(item));
  return encodeEvidenceAnswer(end < 0 ? rest : rest.slice(0, end));
}

/** What is left of this peer's earlier generations: they do not grow any more. */
async function former(
  { store, crypto, publicKey, taskId }: Desk,
  request: Asked<"prove" | "checkpoint" | "entries" | "cosign">,
): Promise<Uint8Array> {
  const known = await storedGenerations(store);
  const isAsked = (one: number) => equalBytes(logIdOf(publicKey, taskId, crypto, one), request.logId);
  const generation = known.find(isAsked);
  if (generation === undefined) throw notFound();
  const { header } = await openStoredExport(store, crypto, generation);
  if (request.what === "entries") return pageOf(storedEntries(store, generation, request.from), header.size, request);
  if (request.what !== "checkpoint" || header.checkpoint === null) throw notFound();
  const { checkpoint: note, cosigned } = header;
  return encodeCheckpointAnswer({ note, ...(cosigned !== null && { cosigned }) });
}

async function generations({ store, taskId }: Desk, { task }: Asked<"generations">): Promise<Uint8Array> {
  if (!equalBytes(task, taskId)) throw notFound();
  return encodeGenerationsAnswer(await storedGenerations(store));
}

/** As many of the first entries as are asked for and fit. */
async function pageOf(
  signed: AsyncIterable<Uint8Array>,
  size: number,
  { limit }: Asked<"entries">,
): Promise<Uint8Array> {
  const fits = createFrameBudget();
  const entries: Uint8Array[] = [];
  for await (const entry of signed) {
    if (entries.length >= limit || !fits(entry)) break;
    entries.push(entry);
  }
  return encodeEntriesAnswer({ size, entries });
}

function nameOf(logId: Uint8Array, seq: number): string {
  return `${keyOf(logId)}${seq}`;
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "this peer has not that log, or not so far");
}
