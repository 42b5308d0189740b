/**
 * Evidence against keys (log/entry/evidence.ts): checked, kept (evidence-book.ts), passed on, and acted on. A key that told two stories about its log, or has
 * ended, is not listened to again: not its announcements, not its models, not its connections, also after a restart.
 *
 *     evidence/<peer id>     the evidence as it is gossiped; of a fork rather than of an end
 *
 * Gossip does not reach who was away. So every neighbour that is met is asked for what it holds (evidence-asking.ts), and what is news from there
 * is gossiped in turn, since others behind the same gap may have missed it too. The question carries a sum of what the asker holds, and who holds
 * the same answers with nothing. Where they differ the whole list comes.
 *
 * Evidence stands by itself, so it does not matter who brings it, and anybody can make it against keys of its own. Against a key that this peer has dealt
 * with it is never refused for want of room; a neighbour that brings more than can be looked at is asked again later. Against others it is looked
 * at as far as its bringer can pay (peer/memory/budget.ts).
 */
import { type Allowance, allowanceAt, forgetOldest } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, StoreChange, Verdict } from "../../base/seams.ts";
import {
  type Conviction,
  decodeEvidence,
  EVIDENCE_KEYS,
  type Evidence,
  evidenceKey,
  verifyEvidence,
} from "../../log/entry/evidence.ts";
import { createGroupCommit, type GroupCommit } from "../../log/stored/group-commit.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { decodeEvidenceAnswer, encodeLogRequest, LOG_PROTOCOL } from "../../wire/log-messages.ts";
import { countRefused, type PeerContext } from "../context.ts";
import type { Grade, Held } from "../memory/record.ts";
import type { TopicService } from "../services.ts";
import { type Asking, createAsking } from "./evidence-asking.ts";
import { createEvidenceBook, type EvidenceBook } from "./evidence-book.ts";

export interface Bans {
  /** Hears of evidence. */
  readonly service: TopicService;
  has(peer: PeerId): boolean;
  /** Evidence that this peer made itself: kept, acted on and told to everybody. */
  found(evidence: Uint8Array): void;
  readonly size: number;
  /** All evidence that is held; none for an asker that holds the same, by its sum. */
  heldBeside(sum: Uint8Array): readonly Uint8Array[];
  /** A peer of this task was met, at a new connection: it is asked for what it holds. */
  met(neighbour: PeerId): void;
  /** What is not on disk yet, for a batch that is written at once. */
  takeChanges(): StoreChange[];
}

/** Of evidence against keys that this peer has dealt with, brought by one neighbour. */
const CHECKS = { burst: 50, perSecond: 2 };
/** Of evidence against others. */
const CHECK_COST = 1;
/** Against strangers, in the answer of one neighbour. */
const MAX_STRANGERS = 256;
/** Of one neighbour: all that can be kept, with what pages cannot use. */
const { bannedKnown, bannedMet, bannedStrangers } = LIMITS.maxIdentities;
const MAX_KEPT = bannedKnown + bannedMet + bannedStrangers;
const MAX_PAGES = Math.ceil((1.2 * MAX_KEPT * LIMITS.maxEvidenceBytes) / LIMITS.maxFrameBytes);
/** Of what one neighbour told: as much as others check at once. */
const MAX_TOLD_ON = CHECKS.burst;
/** Neighbours whose allowance is remembered. */
const MAX_SENDERS = 1024;
/** Changes of one batch. */
const MAX_GROUP = 256;

/** Who brings evidence, and what of it is looked at: by gossip what the bringer can pay, in an answer to a question all but too many strangers. */
type MayLook = (grade: Grade) => boolean;

/** What the functions of this file share. */
interface Court {
  readonly context: PeerContext;
  readonly book: EvidenceBook;
  readonly allowances: Map<PeerId, Allowance>;
  readonly commit: GroupCommit<StoreChange>;
}

/**
 * Loads what is held.
 * @throws HearsayError ERR_BANNED where there is evidence against this peer's own key.
 */
export async function openBans(context: PeerContext): Promise<Bans> {
  const { store, crypto, names, counters } = context;
  const book = createEvidenceBook(context.identities, crypto);
  const commit = createGroupCommit<StoreChange>({
    write: (changes) => store.write(changes),
    sizeOf: () => 1,
    maxSize: MAX_GROUP,
    sharesBatch: () => true,
  });
  const court: Court = { context, book, allowances: new Map(), commit };
  const asking = createAsking(context, (neighbour, signal) => askFor(court, neighbour, signal));
  await load(context, book);

  const handle = (from: PeerId, bytes: Uint8Array) => {
    const verdict = receive(court, bytes, byGossip(court, asking, from));
    if (verdict.code !== undefined) countRefused(counters, verdict.code);
    return verdict;
  };

  return {
    service: { topic: names.evidence, handle },
    has(peer) {
      const held = book.get(peer);
      if (held !== undefined) meet(court, peer, held);
      return held !== undefined;
    },
    get size() {
      return book.size;
    },
    found(bytes) {
      if (receive(court, bytes, () => true).verdict === "accept") tell(context, bytes);
    },
    heldBeside: (theirs) => (equalBytes(theirs, book.sum()) ? [] : book.all()),
    met(neighbour) {
      const held = book.get(neighbour);
      if (held === undefined) asking.ask(neighbour);
      else meet(court, neighbour, held);
    },
    takeChanges: book.takeChanges,
  };
}

function gradeOf({ context }: Court, peer: PeerId): Grade {
  const { identity, identities, transport } = context;
  if (peer === identity.peerId || identities.isKnown(peer)) return "known";
  const hasAnnounced = identities.get(peer)?.slot !== undefined;
  return hasAnnounced || transport.peers().includes(peer) ? "met" : "stranger";
}

function mayCheck({ context, allowances }: Court, sender: PeerId): boolean {
  const { tokens, atMs } = allowanceAt(context.clock.monotonicMs(), allowances.get(sender), CHECKS);
  allowances.set(sender, { tokens: tokens < 1 ? tokens : tokens - 1, atMs });
  forgetOldest(allowances, MAX_SENDERS);
  return tokens >= 1;
}

/** Nothing is known that weighs as much. */
function isNews({ book }: Court, peer: PeerId, { kind }: Evidence): boolean {
  const known = book.get(peer);
  return known === undefined || (known.kind === "end" && kind === "fork");
}

/** `reject` for what proves nothing, `ignore` for what is known or was not looked at. */
function receive(court: Court, bytes: Uint8Array, mayLook: MayLook): Verdict {
  const { taskId, crypto } = court.context;
  try {
    const evidence = decodeEvidence(bytes);
    // [IGNORE] About another task.
    if (!equalBytes(evidence.task, taskId)) return { verdict: "ignore", code: "ERR_OTHER_TASK" };
    // [IGNORE] Known already.
    const peer = peerIdFromPublicKey(evidence.publicKey);
    if (!isNews(court, peer, evidence)) return { verdict: "ignore" };
    // [IGNORE] More than its bringer can have looked at.
    const grade = gradeOf(court, peer);
    if (!mayLook(grade)) return { verdict: "ignore", code: "ERR_RATE" };
    // [REJECT] It proves nothing.
    const conviction = verifyEvidence(evidence, crypto);
    if (conviction === undefined) return { verdict: "reject", code: "ERR_SIGNATURE" };
    ban(court, conviction, bytes.slice(), grade);
    return { verdict: "accept" };
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return { verdict: "reject", code: error.code };
  }
}

function tell({ transport, names }: PeerContext, bytes: Uint8Array): void {
  transport.announce(names.evidence, bytes).catch(() => {}); // who is not reached may ask for it
}

/** A known key's is on disk before anything is done about it, but for not listening. */
function ban({ context, book, commit }: Court, conviction: Conviction, bytes: Uint8Array, grade: Grade): void {
  const { peer, kind, reason } = conviction;
  book.put(peer, { kind, bytes, grade }, grade === "known");
  const act = () => {
    if (grade !== "stranger") context.observe?.({ kind: "evidence", peer, proves: kind, reason });
    if (peer === context.identity.peerId) context.fail(ownBan(conviction));
    else if (grade !== "stranger") context.transport.block(peer);
  };
  if (grade === "known") commit.add({ key: evidenceKey(peer), value: bytes }).then(act, context.fail);
  else act();
}

/** A stranger against which there was evidence has come: it is one no more. */
function meet({ context, book }: Court, peer: PeerId, held: Held): void {
  if (held.grade !== "stranger") return;
  book.put(peer, { ...held, grade: "met" });
  context.transport.block(peer);
}

function byGossip(court: Court, asking: Asking, from: PeerId): MayLook {
  return (grade) => {
    if (grade === "stranger") return court.context.budget.pay(from, CHECK_COST);
    if (mayCheck(court, from)) return true;
    asking.askLater(from);
    return false;
  };
}

/** All that a neighbour holds, page by page. @throws HearsayError for whatever its answer lacks, and where the signal ends it. */
async function askFor(court: Court, neighbour: PeerId, signal: AbortSignal): Promise<void> {
  const { taskId, transport, budget } = court.context;
  let [from, told, strangers] = [0, 0, 0];
  const mayLook: MayLook = (grade) =>
    grade !== "stranger" || (strangers++ < MAX_STRANGERS && budget.pay(neighbour, CHECK_COST));
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const request = encodeLogRequest({ what: "evidence", logId: taskId, from, held: court.book.sum() });
    const page = decodeEvidenceAnswer(await transport.request(neighbour, LOG_PROTOCOL, request, { signal }));
    for (const bytes of page) {
      const { verdict } = receive(court, bytes, mayLook);
      if (verdict === "reject") return;
      if (verdict === "accept" && told++ < MAX_TOLD_ON) tell(court.context, bytes);
    }
    if (page.length === 0) return;
    from += page.length;
  }
}

/** What earlier runs held; of keys that are not known, as many as have a place. @throws HearsayError ERR_BANNED. */
async function load(
  { store, identity, crypto, identities, transport }: PeerContext,
  book: EvidenceBook,
): Promise<void> {
  for await (const [key, bytes] of store.range(EVIDENCE_KEYS)) {
    const peer = key.slice(EVIDENCE_KEYS.length);
    const evidence = decodeEvidence(bytes);
    if (peer === identity.peerId) throw ownBan(verifyEvidence(evidence, crypto));
    const grade = identities.isKnown(peer) ? "known" : "met";
    book.put(peer, { kind: evidence.kind, bytes, grade }, true);
    if (book.get(peer) !== undefined) transport.block(peer);
  }
}

function ownBan(conviction: Conviction | undefined): HearsayError {
  const reason = conviction?.reason ?? "evidence that is kept beside its log";
  return new HearsayError(
    "ERR_BANNED",
    `this peer's own key is banned (${reason}): others refuse it for ever, and so would they all it signs. Go on with a new key: ` +
      "hearsay key rotate makes one and keeps the model. Never run two peers on one key, or on copies of one state directory",
  );
}
