/**
 * Evidence against keys (log/entry/evidence.ts): checked, kept (evidence-book.ts), passed on, and acted on. A key that told two stories about its log, or has
 * ended, is not listened to again: not its announcements, not its models, not its connections, also after a restart.
 *
 *     evidence/<peer id>     the evidence as it is gossiped; of a fork rather than of an end
 *
 * Gossip does not reach peers that were cut off. So this peer asks every new neighbour for the evidence that it holds (evidence-asking.ts). Evidence that was
 * new to this peer is published again, because other peers that were cut off may not have it. The question carries a hash of what the asker holds. A neighbour
 * that holds the same answers with an empty list; any other neighbour answers with its whole list.
 *
 *     court.ts                what evidence proves, and whether it is looked at       sentences.ts            what is done about its key
 *     evidence-gossip.ts      what comes by gossip                                    evidence-questions.ts   what a neighbour is asked for
 *     evidence-asking.ts      whom to ask, and when                                   evidence-book.ts        what is held
 */
import { equalBytes } from "../../base/bytes.ts";
import type { Crypto, PeerId, Store, StoreChange, Transport, Verdict } from "../../base/seams.ts";
import { decodeEvidence, EVIDENCE_KEYS, verifyEvidence } from "../../log/entry/evidence.ts";
import type { Standing } from "../memory/identities.ts";
import type { Court } from "./court.ts";
import type { EvidenceAsking } from "./evidence-asking.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import { ownBan, type Sentences } from "./sentences.ts";

export interface Bans {
  has(peer: PeerId): boolean;
  /** Evidence that this peer or its owner found: looked at like any other; what convicts somebody is kept, acted on and told to everybody. */
  found(evidence: Uint8Array): Verdict;
  readonly size: number;
  /** All evidence that is held; none for an asker that holds the same, by its sum. */
  heldBeside(sum: Uint8Array): readonly Uint8Array[];
  /** A peer of this task was met, at a new connection: it is asked for what it holds. */
  met(neighbour: PeerId): void;
  /** What is not on disk yet, for a batch that is written at once. */
  takeChanges(): StoreChange[];
}

export interface BanComponents {
  readonly book: EvidenceBook;
  readonly court: Court;
  readonly sentences: Sentences;
  readonly asking: EvidenceAsking;
}

/** @param tell tells evidence to everybody. */
export function createBans(components: BanComponents, tell: (evidence: Uint8Array) => void): Bans {
  const { book, court, sentences, asking } = components;
  return {
    has(peer) {
      const held = book.get(peer);
      if (held !== undefined) sentences.meet(peer, held);
      return held !== undefined;
    },
    get size() {
      return book.size;
    },
    found(bytes) {
      const verdict = court.receive(bytes, () => true);
      if (verdict.verdict === "accept") tell(bytes);
      return verdict;
    },
    heldBeside: (theirs) => (equalBytes(theirs, book.sum()) ? [] : book.all()),
    met(neighbour) {
      const held = book.get(neighbour);
      if (held === undefined) asking.ask(neighbour);
      else sentences.meet(neighbour, held);
    },
    takeChanges: book.takeChanges,
  };
}

export interface LoadComponents {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly transport: Pick<Transport, "block">;
  readonly identities: Pick<Standing, "isKnown">;
  readonly book: EvidenceBook;
}

/**
 * Loads what earlier runs held; of keys that are not known, as many as have a place.
 * @throws HearsayError ERR_BANNED where there is evidence against this peer's own key.
 */
export async function loadEvidence(components: LoadComponents, self: PeerId): Promise<void> {
  const { store, crypto, transport, identities, book } = components;
  for await (const [key, bytes] of store.range(EVIDENCE_KEYS)) {
    const peer = key.slice(EVIDENCE_KEYS.length);
    const evidence = decodeEvidence(bytes);
    if (peer === self) throw ownBan(verifyEvidence(evidence, crypto));
    const grade = identities.isKnown(peer) ? "known" : "met";
    book.put(peer, { kind: evidence.kind, bytes, grade }, true);
    if (book.get(peer) !== undefined) transport.block(peer);
  }
}
