/**
 * A model is taken only with proof: its publish entry stands in its author's log, and that log continues the one that this peer
 * remembers of the author. One small request, beside the pull of the body:
 *
 *     entry          signed, number, id, model, age, length and codec as announced
 *     inclusion      it is the last entry of the tree whose root was announced
 *     consistency    that tree begins with the one remembered (heads.ts), and with those that are in doubt (doubts.ts); a new generation
 *                    begins with nothing
 *
 * Where the log does not continue, its author is asked for its entries from the place that is remembered on: whichever it signs, some of them
 * are evidence of a fork (fork-search.ts). No answer is none, and the model is refused all the same. What was proved is remembered, on disk before it is
 * cosigned: a cosignature says that this peer has seen the log grow to that state, and no other.
 */
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { PeerId } from "../../base/seams.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../../log/entry/entry.ts";
import { checkpointFrom, cosign } from "../../log/tree/checkpoint.ts";
import { isConsistent, isIncluded, leafHash } from "../../log/tree/merkle.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import {
  decodeProveAnswer,
  encodeLogRequest,
  LOG_PROTOCOL,
  type LogRequest,
  type ProveAnswer,
} from "../../wire/log-messages.ts";
import { wholeMinutes } from "../../wire/values.ts";
import type { PeerContext } from "../context.ts";
import { createDoubts, type Doubts } from "./doubts.ts";
import { findFork, findForkAt } from "./fork-search.ts";
import type { HeadMemory } from "./heads.ts";
import { announcedState, type SignedState } from "./signed-state.ts";

export interface Prover {
  /**
   * Resolves when the announced model is proved, and its author's log remembered.
   * @throws HearsayError ERR_LOG_PROOF, ERR_RATE (too many generations in a day), or what a request throws.
   */
  prove(announced: Announcement): Promise<void>;
  /**
   * A state came that its author signed, and nobody told of when it was due: it is asked for the entry there, since another one is evidence of a fork,
   * and has to show with its next model that both are of one log.
   */
  doubt(state: SignedState): void;
}

export interface ProverOptions {
  readonly heads: HeadMemory;
  /** Evidence that came to light. */
  onFork(evidence: Uint8Array): void;
}

/** What the functions of this file share. */
interface Court extends ProverOptions {
  readonly context: PeerContext;
  readonly doubts: Doubts;
  /** Authors whose entries are looked through for a fork. */
  readonly searched: Set<PeerId>;
}

export function createProver(context: PeerContext, options: ProverOptions): Prover {
  const court: Court = { ...options, context, doubts: createDoubts(context.identities), searched: new Set() };
  return {
    prove: (announced) => prove(court, announced),
    doubt(state) {
      court.doubts.open(state);
      if (context.transport.peers().includes(state.author))
        inBackground(
          context,
          findForkAt(context, state).then((fork) => fork && options.onFork(fork)),
        );
    },
  };
}

async function prove(court: Court, announced: Announcement): Promise<void> {
  const { context, doubts, heads } = court;
  const { crypto, taskId } = context;
  const { publicKey, generation, seq, root } = announced;
  const known = heads.get(announced.author);
  if (!heads.mayBegin(announced))
    throw new HearsayError("ERR_RATE", "another new log of this author today", { limit: "maxGenerationsPerDay" });
  const logId = logIdOf(publicKey, taskId, crypto, generation);
  const continued = known?.generation === generation ? known : undefined;
  const old = continued === undefined ? 0 : continued.seq + 1;
  if (old > seq + 1) throw unproved("its log is shorter than it was");
  const answer = await asked(context, announced, { what: "prove", logId, seq, old });
  requirePublished(context, announced, logId, answer);
  const grown = { old, size: seq + 1, root };
  if (continued && !isConsistent({ ...grown, oldRoot: continued.root }, answer.consistency, crypto)) {
    convict(court, announcedState(continued), announced);
    throw unproved("its log does not continue the one that it had before");
  }
  for (const doubted of doubts.before(announcedState(announced))) await clear(court, doubted, announced, logId);
  // A new log has nothing to show about the one before, but the doubts about that one can still convict.
  if (known && known.generation < generation)
    for (const doubted of doubts.before(announcedState(known))) convict(court, doubted, known);
  heads.remember(announced);
  if (answer.wanted) inBackground(context, cosignHead(court, announced, logId));
}

function ask({ transport, signal }: PeerContext, { author }: Announcement, request: LogRequest): Promise<Uint8Array> {
  return transport.request(author, LOG_PROTOCOL, encodeLogRequest(request), { signal });
}

async function asked(context: PeerContext, announced: Announcement, request: LogRequest): Promise<ProveAnswer> {
  try {
    return decodeProveAnswer(await ask(context, announced, request));
  } catch (error) {
    if (isHearsayError(error, "ERR_NOT_FOUND")) throw unproved("its author has no such log", error);
    throw error;
  }
}

/** The entry is what was announced, and in the announced tree. */
function requirePublished(
  { crypto, task }: PeerContext,
  announced: Announcement,
  logId: Uint8Array,
  answer: ProveAnswer,
): void {
  const { publicKey, seq, root } = announced;
  const entry = readEntry(answer.entry, crypto);
  if (!announces(announced, entry, task.codec) || !equalBytes(entry.logId, logId))
    throw unproved("the entry says another thing than the announcement");
  if (!signatureHolds(entry, crypto, publicKey)) throw unproved("the entry is not signed by its author");
  const leaf = leafHash(entry.signed.subarray(SIGNATURE_BYTES), crypto);
  if (!isIncluded({ index: seq, size: seq + 1, leaf, root }, answer.inclusion, crypto))
    throw unproved("the entry is not in its author's log");
}

function announces(announced: Announcement, entry: Entry, codec: string): boolean {
  const { seq, entry: id, model, age, bytes, mass } = announced;
  if (entry.type !== "publish" || entry.seq !== seq || !equalBytes(entry.id, id)) return false;
  const { body } = entry;
  if (!equalBytes(body.model, model) || body.age !== age || body.bytes !== bytes) return false;
  return body.codec === codec && (body.mass ?? 1) === mass;
}

/** @throws HearsayError ERR_LOG_PROOF where its author does not show that what it signed once, and what it announces now, are of one log. */
async function clear(court: Court, doubted: SignedState, announced: Announcement, logId: Uint8Array): Promise<void> {
  const { context, doubts } = court;
  const { seq, root } = announced;
  const { size: old, root: oldRoot } = doubted;
  const request = { what: "prove", logId, seq, old } as const;
  const refusal = await asked(context, announced, request).then(({ consistency }) => {
    if (isConsistent({ old, size: seq + 1, oldRoot, root }, consistency, context.crypto)) return undefined;
    return unproved("it does not continue another one that its author signed");
  }, requireRefusal);
  if (refusal === undefined) return doubts.settle(doubted);
  convict(court, doubted, announced);
  throw refusal;
}

/** The author's own statements and entries may show the fork to everybody: looked for once at a time, and beside the refusal. */
function convict({ context, searched, onFork }: Court, known: SignedState, announced: Announcement): void {
  const { author } = announced;
  if (searched.has(author)) return;
  searched.add(author);
  const search = findFork(context, known, announcedState(announced)).then((fork) => fork && onFork(fork));
  inBackground(
    context,
    search.finally(() => searched.delete(author)),
  );
}

async function cosignHead({ context, heads }: Court, announced: Announcement, logId: Uint8Array): Promise<void> {
  const { crypto, clock, identity, store } = context;
  const { publicKey, seq, root, note } = announced;
  const checkpoint = checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, crypto);
  await store.write(heads.takeChanges());
  const line = cosign(checkpoint, identity, wholeMinutes(clock.now()) / 1000, crypto);
  await ask(context, announced, { what: "cosign", logId, size: checkpoint.size, line });
}

/** Courtesies and questions: that one failed changes nothing here. */
function inBackground({ fail }: Pick<PeerContext, "fail">, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    if (!isHearsayError(error)) fail(error);
  });
}

/** An author that does not show what it is asked for; anything else, e.g. that it is gone, is thrown. */
function requireRefusal(error: unknown): HearsayError {
  if (isHearsayError(error, "ERR_LOG_PROOF")) return error;
  throw error;
}

function unproved(why: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_PROOF", `the model is not proved: ${why}`, {}, cause);
}
