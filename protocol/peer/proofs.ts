/**
 * A model is taken only with proof: its publish entry stands in its author's log, and that log continues the one that this peer
 * remembers of the author. One small request, beside the pull of the body:
 *
 *     entry          signed, number, id, model, age, length and codec as announced
 *     inclusion      it is the last entry of the tree whose root was announced
 *     consistency    that tree begins with the one remembered (heads.ts), and with those that are in doubt (doubts.ts); a new generation
 *                    begins with nothing
 *
 * Where the log does not continue, its author is asked for the entry at the place that is remembered: any signed answer but the one that was
 * announced is evidence of a fork. No answer is none, and the model is refused all the same. What was proved is remembered, on disk before it is
 * cosigned: a cosignature says that this peer has seen the log grow to that state, and no other.
 */
import { equalBytes } from "../bytes.ts";
import { HearsayError, isHearsayError } from "../errors.ts";
import { checkpointFrom, cosign } from "../log/checkpoint.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../log/entry.ts";
import { type AccusedLog, forkBetween } from "../log/evidence.ts";
import { isConsistent, isIncluded, leafHash } from "../log/merkle.ts";
import type { Announcement } from "../wire/announcement.ts";
import { SIGNATURE_BYTES } from "../wire/envelope.ts";
import {
  decodeEntriesAnswer,
  decodeProveAnswer,
  encodeLogRequest,
  LOG_PROTOCOL,
  type LogRequest,
  type ProveAnswer,
} from "../wire/log-messages.ts";
import { wholeMinutes } from "../wire/values.ts";
import type { PeerContext } from "./context.ts";
import { createDoubts } from "./doubts.ts";
import type { HeadMemory } from "./heads.ts";

export interface Prover {
  /**
   * Resolves when the announced model is proved, and its author's log remembered.
   * @throws HearsayError ERR_LOG_PROOF, ERR_RATE (too many generations in a day), or what a request throws.
   */
  prove(announced: Announcement): Promise<void>;
  /**
   * An old announcement came that nobody told of before: its author is asked for the entry there, since another one is evidence of a fork, and has
   * to show with its next model that both are of one log.
   */
  doubt(announced: Announcement): void;
}

export interface ProverOptions {
  readonly heads: HeadMemory;
  /** Evidence that came to light. */
  onFork(evidence: Uint8Array): void;
}

export function createProver(context: PeerContext, { heads, onFork }: ProverOptions): Prover {
  const { crypto, taskId, transport, signal } = context;
  const doubts = createDoubts(context.standing);

  function ask({ author }: Announcement, request: LogRequest): Promise<Uint8Array> {
    return transport.request(author, LOG_PROTOCOL, encodeLogRequest(request), { signal });
  }

  async function prove(announced: Announcement): Promise<void> {
    const { publicKey, generation, seq, root } = announced;
    const known = heads.get(announced.author);
    if (!heads.mayBegin(announced))
      throw new HearsayError("ERR_RATE", "another new log of this author today", { limit: "maxGenerationsPerDay" });
    const logId = logIdOf(publicKey, taskId, crypto, generation);
    const continued = known?.generation === generation ? known : undefined;
    const old = continued === undefined ? 0 : continued.seq + 1;
    if (old > seq + 1) throw unproved("its log is shorter than it was");
    const answer = await asked(announced, { what: "prove", logId, seq, old });
    requirePublished(announced, logId, answer);
    const grown = { old, size: seq + 1, root };
    if (continued && !isConsistent({ ...grown, oldRoot: continued.root }, answer.consistency, crypto)) {
      await convict(continued, announced, logId);
      throw unproved("its log does not continue the one that it had before");
    }
    for (const doubted of doubts.before(announced)) await clear(doubted, announced, logId);
    heads.remember(announced);
    if (answer.wanted) inBackground(cosignHead(announced, logId));
  }

  async function asked(announced: Announcement, request: LogRequest): Promise<ProveAnswer> {
    try {
      return decodeProveAnswer(await ask(announced, request));
    } catch (error) {
      if (isHearsayError(error, "ERR_NOT_FOUND")) throw unproved("its author has no such log", error);
      throw error;
    }
  }

  /** The entry is what was announced, and in the announced tree. */
  function requirePublished(announced: Announcement, logId: Uint8Array, answer: ProveAnswer): void {
    const { publicKey, seq, root } = announced;
    const entry = readEntry(answer.entry, crypto);
    if (!announces(announced, entry) || !equalBytes(entry.logId, logId))
      throw unproved("the entry says another thing than the announcement");
    if (!signatureHolds(entry, crypto, publicKey)) throw unproved("the entry is not signed by its author");
    const leaf = leafHash(entry.signed.subarray(SIGNATURE_BYTES), crypto);
    if (!isIncluded({ index: seq, size: seq + 1, leaf, root }, answer.inclusion, crypto))
      throw unproved("the entry is not in its author's log");
  }

  function announces({ seq, entry: id, model, age, bytes }: Announcement, entry: Entry): boolean {
    if (entry.type !== "publish" || entry.seq !== seq || !equalBytes(entry.id, id)) return false;
    const { body } = entry;
    return (
      equalBytes(body.model, model) && body.age === age && body.bytes === bytes && body.codec === context.task.codec
    );
  }

  /** @throws HearsayError ERR_LOG_PROOF where its author does not show that what it announced once, and what it announces now, are of one log. */
  async function clear(doubted: Announcement, announced: Announcement, logId: Uint8Array): Promise<void> {
    const { seq, root } = announced;
    const old = doubted.seq + 1;
    const { consistency } = await asked(announced, { what: "prove", logId, seq, old });
    if (isConsistent({ old, size: seq + 1, oldRoot: doubted.root, root }, consistency, crypto))
      return doubts.settle(doubted);
    await convict(doubted, announced, logId);
    throw unproved("it does not continue another one that its author announced");
  }

  /** Two announcements may contradict each other already; else the author's entry at the place that it announced before may. */
  async function convict(known: Announcement, announced: Announcement, logId: Uint8Array): Promise<void> {
    const { publicKey, generation } = announced;
    const log: AccusedLog = { publicKey, task: taskId, generation };
    const [before, now] = [known, announced].map(({ sealed }) => ({ what: "announcement", bytes: sealed }) as const);
    const direct = before && now && forkBetween(log, [before, now], crypto);
    if (direct !== undefined) return onFork(direct);
    await compare(known, log, logId);
  }

  /** The author's entry at the place that was announced, or the one after it, which names that, may contradict the announcement. */
  async function compare(announced: Announcement, log: AccusedLog, logId: Uint8Array): Promise<void> {
    const request: LogRequest = { what: "entries", logId, from: announced.seq, limit: 2 };
    const { entries } = decodeEntriesAnswer(await ask(announced, request));
    for (const bytes of entries.slice(0, request.limit)) {
      const said = { what: "announcement", bytes: announced.sealed } as const;
      const fork = forkBetween(log, [said, { what: "entry", bytes }], crypto);
      if (fork !== undefined) return onFork(fork);
    }
  }

  function doubt(announced: Announcement): void {
    const { author, publicKey, generation } = announced;
    doubts.open(announced);
    if (!transport.peers().includes(author)) return;
    const log: AccusedLog = { publicKey, task: taskId, generation };
    inBackground(compare(announced, log, logIdOf(publicKey, taskId, crypto, generation)));
  }

  async function cosignHead(announced: Announcement, logId: Uint8Array): Promise<void> {
    const { publicKey, seq, root, note } = announced;
    const checkpoint = checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, crypto);
    await context.store.write(heads.takeChanges());
    const line = cosign(checkpoint, context.identity, wholeMinutes(context.clock.now()) / 1000, crypto);
    await ask(announced, { what: "cosign", logId, size: checkpoint.size, line });
  }

  /** Courtesies and questions: that one failed changes nothing here. */
  function inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!isHearsayError(error)) context.fail(error);
    });
  }

  return { prove, doubt };
}

function unproved(why: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_PROOF", `the model is not proved: ${why}`, {}, cause);
}
