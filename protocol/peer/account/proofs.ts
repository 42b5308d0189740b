/**
 * A model is taken only with proof: its publish entry stands in its author's log, and that log continues the one that this peer
 * remembers of the author. One small request, beside the pull of the body:
 *
 *     entry          signed, number, id, model, age, length and codec as announced
 *     inclusion      it is the last entry of the tree whose root was announced
 *     consistency    that tree begins with the one remembered (heads.ts), and with those that are in doubt (doubts.ts); a new generation
 *                    begins with nothing
 *
 * Where the log does not continue, its author is asked for its entries from the remembered place on. Whichever entries it signs, some of them
 * are evidence of a fork (fork-search.ts). Silence is no evidence, but the model is refused all the same. What was proved is remembered, and
 * cosigned where its author wants that (witness.ts).
 */
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId, Transport } from "../../base/seams.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../../log/entry/entry.ts";
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
import type { Life } from "../life.ts";
import type { Doubts } from "./doubts.ts";
import { findFork, findForkAt, type SearchContext } from "./fork-search.ts";
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

export interface ProverComponents {
  readonly crypto: Crypto;
  readonly transport: Pick<Transport, "request" | "peers">;
  readonly heads: HeadMemory;
  readonly doubts: Doubts;
  readonly life: Life;
}

export interface ProverOptions {
  readonly taskId: Uint8Array;
  /** Name of the task's codec. */
  readonly codec: string;
  /** Evidence that came to light. */
  onFork(evidence: Uint8Array): void;
  /** An author wants its log cosigned, which has just been proved. */
  onWanted(announced: Announcement, logId: Uint8Array): Promise<void>;
}

/** What the functions of this file share. */
interface Court extends ProverComponents, ProverOptions {
  readonly search: SearchContext;
  /** Authors whose entries are looked through for a fork. */
  readonly searched: Set<PeerId>;
}

export function createProver(components: ProverComponents, options: ProverOptions): Prover {
  const { crypto, transport, doubts, life } = components;
  const search = { crypto, transport, signal: life.signal };
  const court: Court = { ...components, ...options, search, searched: new Set() };
  return {
    prove: (announced) => prove(court, announced),
    doubt(state) {
      doubts.open(state);
      if (!transport.peers().includes(state.author)) return;
      life.aside(findForkAt(search, state).then((fork) => fork && options.onFork(fork)));
    },
  };
}

async function prove(court: Court, announced: Announcement): Promise<void> {
  const { crypto, taskId, doubts, heads, life } = court;
  const { publicKey, generation, seq, root } = announced;
  const known = heads.get(announced.author);
  if (!heads.mayBegin(announced))
    throw new HearsayError("ERR_RATE", "another new log of this author today", { limit: "maxGenerationsPerDay" });
  const logId = logIdOf(publicKey, taskId, crypto, generation);
  const continued = known?.generation === generation ? known : undefined;
  const old = continued === undefined ? 0 : continued.seq + 1;
  if (old > seq + 1) throw unproved("its log is shorter than it was");
  const answer = await asked(court, announced, { what: "prove", logId, seq, old });
  requirePublished(court, announced, logId, answer);
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
  if (answer.wanted) life.aside(court.onWanted(announced, logId));
}

async function asked({ search }: Court, { author }: Announcement, request: LogRequest): Promise<ProveAnswer> {
  const { transport, signal } = search;
  try {
    return decodeProveAnswer(await transport.request(author, LOG_PROTOCOL, encodeLogRequest(request), { signal }));
  } catch (error) {
    if (isHearsayError(error, "ERR_NOT_FOUND")) throw unproved("its author has no such log", error);
    throw error;
  }
}

/** The entry is what was announced, and in the announced tree. */
function requirePublished(
  { crypto, codec }: Court,
  announced: Announcement,
  logId: Uint8Array,
  answer: ProveAnswer,
): void {
  const { publicKey, seq, root } = announced;
  const entry = readEntry(answer.entry, crypto);
  if (!announces(announced, entry, codec) || !equalBytes(entry.logId, logId))
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
  const { crypto, doubts } = court;
  const { seq, root } = announced;
  const { size: old, root: oldRoot } = doubted;
  const request = { what: "prove", logId, seq, old } as const;
  const refusal = await asked(court, announced, request).then(({ consistency }) => {
    if (isConsistent({ old, size: seq + 1, oldRoot, root }, consistency, crypto)) return undefined;
    return unproved("it does not continue another one that its author signed");
  }, requireRefusal);
  if (refusal === undefined) return doubts.settle(doubted);
  convict(court, doubted, announced);
  throw refusal;
}

/** The author's own statements and entries may show the fork to everybody: looked for once at a time, and beside the refusal. */
function convict({ search, searched, life, onFork }: Court, known: SignedState, announced: Announcement): void {
  const { author } = announced;
  if (searched.has(author)) return;
  searched.add(author);
  const found = findFork(search, known, announcedState(announced)).then((fork) => fork && onFork(fork));
  life.aside(found.finally(() => searched.delete(author)));
}

/** An author that does not show what it is asked for; anything else, e.g. that it is gone, is thrown. */
function requireRefusal(error: unknown): HearsayError {
  if (isHearsayError(error, "ERR_LOG_PROOF")) return error;
  throw error;
}

function unproved(why: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_PROOF", `the model is not proved: ${why}`, {}, cause);
}
