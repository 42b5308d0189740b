/**
 * What others may ask about this peer's log (wire/log-messages.ts): proofs, entries, checkpoints, and the evidence that it holds. Also the
 * place to which they bring cosignatures.
 *
 * Cosignatures are wanted when the newest cosigned checkpoint is 64 entries or ten minutes old; then of one checkpoint, by the first three
 * neighbours that prove a model against it. They say that peers with other interests have seen this log in this state, which is worth as much to a
 * reader as those peers are: `cosignersAmong`. A neighbour brings one line, in its own name and of about this time; one of a peer that is
 * known (standing.ts) takes the seat of a newcomer, since keys are free.
 */

import { forgetOldest } from "../bounded.ts";
import { equalBytes, keyOf } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import {
  checkpointFrom,
  checkpointSignature,
  cosignaturesOf,
  cosignedAt,
  formatCheckpoint,
  type NoteSignature,
  readCosignature,
  type SignedCheckpoint,
} from "../log/checkpoint.ts";
import { type Entry, logIdOf } from "../log/entry.ts";
import { storedEntries } from "../log/reading.ts";
import { storedGenerations } from "../log/records.ts";
import { openStoredExport } from "../log/stored-export.ts";
import type { Crypto, PeerId } from "../seams.ts";
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
} from "../wire/log-messages.ts";
import type { PeerContext } from "./context.ts";
import { paidService } from "./serve.ts";
import type { RequestService } from "./services.ts";

export interface LogService {
  /** Answers who asks about the log. */
  readonly service: RequestService;
  /** An entry that others will ask for in a moment, as they pull its model. */
  published(entry: Entry): void;
}

export interface LogServiceOptions {
  /** The evidence that this peer holds and the asker, to judge by `held`, does not. */
  evidence(held: Uint8Array): readonly Uint8Array[];
}

/** Lines of cosigners that a checkpoint travels with. */
const MAX_COSIGNERS = 3;
const COSIGNED_EVERY_ENTRIES = 64;
const COSIGNED_EVERY_MS = 600_000;
/** As many as the model bodies that are served. */
const ENTRIES_AT_HAND = 3;

/** What it takes to answer, in units of budget.ts: to read tiles, to look for a generation, to write a line to the disk. */
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

export function createLogService(context: PeerContext, { evidence }: LogServiceOptions): LogService {
  const { log, crypto, identity, clock, taskId, standing } = context;
  const atHand = new Map<string, Uint8Array>();
  let cosignedMs = Number.NEGATIVE_INFINITY;
  let keeping: Promise<unknown> = Promise.resolve();

  /** Of the newest cosigned checkpoint. */
  function cosigners(): readonly string[] {
    const lines = log.cosigned()?.signatures.slice(1) ?? [];
    return lines.map(({ name }) => name);
  }

  /** Whether `from` gets a seat beside, or in place of, those that cosigned the newest cosigned checkpoint. */
  function hasSeat(from: PeerId): boolean {
    const seated = cosigners();
    if (seated.includes(from)) return false;
    return seated.length < MAX_COSIGNERS || (standing.isKnown(from) && !seated.every(standing.isKnown));
  }

  /** Whether a line of `from` is wanted of the checkpoint of this size. */
  function wants(size: number, from: PeerId): boolean {
    const before = log.cosigned()?.size ?? 0;
    if (size === before) return hasSeat(from);
    const due =
      log.head().size - before >= COSIGNED_EVERY_ENTRIES || clock.monotonicMs() - cosignedMs >= COSIGNED_EVERY_MS;
    return size > before && due;
  }

  async function signedEntry(seq: number): Promise<Uint8Array> {
    const known = atHand.get(nameOf(log.logId, seq));
    if (known !== undefined) return known;
    for await (const { signed } of log.entries(seq)) return signed;
    throw notFound();
  }

  async function prove(from: PeerId, { seq, old }: Asked<"prove">): Promise<Uint8Array> {
    const size = seq + 1;
    if (size > log.head().size || old > size) throw notFound();
    const [entry, inclusion, consistency] = await Promise.all([
      signedEntry(seq),
      log.inclusionProof(seq, size),
      old === 0 ? [] : log.consistencyProof(old, size),
    ]);
    return encodeProveAnswer({ entry, inclusion, consistency, wanted: wants(size, from) });
  }

  function newest(): Uint8Array {
    const { signature, ...state } = log.state();
    const cosigned = log.cosigned();
    const note = formatCheckpoint(checkpointFrom(state, identity.publicKey, signature, crypto));
    return encodeCheckpointAnswer({ note, ...(cosigned && { cosigned: formatCheckpoint(cosigned) }) });
  }

  async function* signedEntries(from: number): AsyncIterable<Uint8Array> {
    for await (const { signed } of log.entries(from)) yield signed;
  }

  /** Keeps a cosigner's line, if it is still wanted by then. */
  async function keep(from: PeerId, size: number, line: NoteSignature): Promise<void> {
    if (size > log.head().size) throw notFound();
    if (!wants(size, from)) return;
    const before = log.cosigned();
    const own = before?.size === size ? before : await ownCheckpoint(size);
    const seconds = line.name === from ? cosignedAt(own, line, crypto) : undefined;
    if (seconds === undefined || Math.abs(1000 * seconds - clock.now()) > LIMITS.maxClockSkewMs)
      throw new HearsayError(
        "ERR_SIGNATURE",
        "not a cosignature of this checkpoint, of about now, by the peer that brings it",
      );
    await log.keepCosigned({ ...own, signatures: seatsWith(own.signatures, line) });
    cosignedMs = clock.monotonicMs();
  }

  async function ownCheckpoint(size: number): Promise<SignedCheckpoint> {
    const state = { logId: log.logId, size, root: await log.rootAt(size) };
    return checkpointFrom(state, identity.publicKey, checkpointSignature(state, identity), crypto);
  }

  /** The writer's line, those that were there, and the new one; where the seats are taken, a newcomer's goes. */
  function seatsWith([own, ...seated]: readonly NoteSignature[], line: NoteSignature): NoteSignature[] {
    const full = seated.length >= MAX_COSIGNERS;
    const leaves = full ? seated.find(({ name }) => !standing.isKnown(name)) : undefined;
    return [...(own ? [own] : []), ...seated.filter((one) => one !== leaves), line];
  }

  /** The answer promises nothing: a line that is not wanted any more is not kept. */
  function cosigned(from: PeerId, { size, line: text }: Asked<"cosign">): Promise<Uint8Array> {
    const line = readCosignature(text);
    const kept = keeping.then(() => keep(from, size, line));
    keeping = kept.catch(() => {}); // who brought it has the error
    return kept.then(encodeCosignAnswer);
  }

  function evidencePage({ logId, from, held }: Asked<"evidence">): Uint8Array {
    if (!equalBytes(logId, taskId) && !equalBytes(logId, log.logId)) throw notFound();
    const fits = createFrameBudget();
    const rest = evidence(held).slice(from);
    const end = rest.findIndex((item) => !fits(item));
    return encodeEvidenceAnswer(end < 0 ? rest : rest.slice(0, end));
  }

  /** What is left of this peer's earlier generations: they do not grow any more. */
  async function former(request: Asked<"prove" | "checkpoint" | "entries" | "cosign">): Promise<Uint8Array> {
    const { store } = context;
    const known = await storedGenerations(store);
    const isAsked = (one: number) => equalBytes(logIdOf(identity.publicKey, taskId, crypto, one), request.logId);
    const generation = known.find(isAsked);
    if (generation === undefined) throw notFound();
    const { header } = await openStoredExport(store, crypto, generation);
    if (request.what === "entries") return pageOf(storedEntries(store, generation, request.from), header.size, request);
    if (request.what !== "checkpoint" || header.checkpoint === null) throw notFound();
    const { checkpoint: note, cosigned } = header;
    return encodeCheckpointAnswer({ note, ...(cosigned !== null && { cosigned }) });
  }

  async function generations({ task }: Asked<"generations">): Promise<Uint8Array> {
    if (!equalBytes(task, taskId)) throw notFound();
    return encodeGenerationsAnswer(await storedGenerations(context.store));
  }

  function answer(from: PeerId, request: LogRequest): Promise<Uint8Array> | Uint8Array {
    if (request.what === "evidence") return evidencePage(request);
    if (request.what === "generations") return generations(request);
    if (!equalBytes(request.logId, log.logId)) return former(request);
    switch (request.what) {
      case "prove":
        return prove(from, request);
      case "checkpoint":
        return newest();
      case "entries":
        return pageOf(signedEntries(request.from), log.head().size, request);
      case "cosign":
        return cosigned(from, request);
    }
  }

  const service = paidService(context.budget, {
    protocol: LOG_PROTOCOL,
    decode: decodeLogRequest,
    costOf: ({ what }) => COSTS[what],
    bytesPerUnit: ANSWERED_BYTES_PER_UNIT,
    answer,
  });

  return {
    service,
    published({ logId, seq, signed }) {
      atHand.set(nameOf(logId, seq), signed);
      forgetOldest(atHand, ENTRIES_AT_HAND);
    },
  };
}

/**
 * The cosigners of a checkpoint whom the reader knows, each once, by signatures that hold. Count only those of one's own sample, peers that one
 * has pulled models from: anybody can make keys that cosign anything. That such a peer has cosigned proves that it saw the log in this state
 * when it says so, and, if it is honest, no other; it does not prove that what the log says is true, nor that nobody saw another log.
 */
export function cosignersAmong(
  checkpoint: SignedCheckpoint,
  isKnown: (peer: PeerId) => boolean,
  crypto: Crypto,
): PeerId[] {
  const known = { ...checkpoint, signatures: checkpoint.signatures.filter(({ name }) => isKnown(name)) };
  return cosignaturesOf(known, crypto).map(({ peer }) => peer);
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
