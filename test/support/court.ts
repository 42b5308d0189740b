/** The parts of a peer that deal with evidence, on a clock that the test sets and a transport that writes down what is done. */
import { nodeCrypto } from "../../node/crypto.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Identity, Store, Verdict } from "../../protocol/base/seams.ts";
import { createBans } from "../../protocol/peer/account/bans.ts";
import { createCourt } from "../../protocol/peer/account/court.ts";
import { createEvidenceBook } from "../../protocol/peer/account/evidence-book.ts";
import { createSentences } from "../../protocol/peer/account/sentences.ts";
import { createLife } from "../../protocol/peer/life.ts";
import { createIdentities } from "../../protocol/peer/memory/identities.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { throwAwayKey } from "./self-made-forks.ts";

export const TASK: Uint8Array = nodeCrypto.sha256(utf8("task of the court"));

export interface CourtOptions {
  readonly self?: Identity;
  /** Peers that are known, and those that are connected. */
  readonly known?: readonly string[];
  readonly connected?: readonly string[];
  readonly store?: Store;
}

export function openCourt({
  self = throwAwayKey(900),
  known = [],
  connected = [],
  store = createMemoryStore(),
}: CourtOptions = {}) {
  const identities = createIdentities(known);
  const done: string[] = [];
  const told: Uint8Array[] = [];
  const events: PeerEvent[] = [];
  const asked: string[] = [];
  const life = createLife();
  const transport = { peers: () => [...connected], block: (peer: string) => void done.push(`block ${peer}`) };
  const book = createEvidenceBook(identities, nodeCrypto);
  const reports = { tell: (event: PeerEvent) => void events.push(event) };
  const sentences = createSentences({ store, transport, book, life, reports }, self.peerId);
  const court = createCourt(
    { crypto: nodeCrypto, identities, transport, book, sentences },
    { taskId: TASK, self: self.peerId },
  );
  const asking = { ask: (peer: string) => void asked.push(peer), askLater() {} };
  const bans = createBans({ book, court, sentences, asking }, (evidence) => void told.push(evidence));
  const receive = (evidence: Uint8Array): Verdict => court.receive(evidence, () => true);
  return { identities, store, life, transport, book, sentences, court, bans, receive, done, told, events, asked };
}
