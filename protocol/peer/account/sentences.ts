/**
 * What is done about a key against which there is evidence: it is not listened to again, not its announcements, not its models, not its connections.
 * Evidence against a known key is on disk before anything is done, but for not listening. A peer whose own key is banned ends.
 */
import { HearsayError } from "../../base/errors.ts";
import type { PeerId, Store, StoreChange, Transport } from "../../base/seams.ts";
import { type Conviction, evidenceKey } from "../../log/entry/evidence.ts";
import { createGroupCommit } from "../../log/stored/group-commit.ts";
import type { Life } from "../life.ts";
import type { Grade, HeldEvidence } from "../memory/record.ts";
import type { Reports } from "../reports.ts";
import type { EvidenceBook } from "./evidence-book.ts";

export interface Sentences {
  carryOut(conviction: Conviction, bytes: Uint8Array, grade: Grade): void;
  /** A peer against which there is evidence has come: where it was a stranger, it is one no more. */
  meet(peer: PeerId, held: HeldEvidence): void;
}

export interface SentenceComponents {
  readonly store: Store;
  readonly transport: Pick<Transport, "block">;
  readonly book: EvidenceBook;
  readonly life: Life;
  readonly reports: Pick<Reports, "tell">;
}

/** Changes of one batch. */
const MAX_GROUP = 256;

export function createSentences(components: SentenceComponents, self: PeerId): Sentences {
  const { store, transport, book, life, reports } = components;
  const commit = createGroupCommit<StoreChange>({
    write: (changes) => store.write(changes),
    sizeOf: () => 1,
    maxSize: MAX_GROUP,
    sharesBatch: () => true,
  });
  return {
    carryOut(conviction, bytes, grade) {
      const { peer, kind, reason } = conviction;
      book.put(peer, { kind, bytes, grade }, grade === "known");
      const act = () => {
        if (grade !== "stranger") reports.tell({ kind: "evidence", peer, proves: kind, reason });
        if (peer === self) life.fail(ownBan(conviction));
        else if (grade !== "stranger") transport.block(peer);
      };
      if (grade === "known") commit.add({ key: evidenceKey(peer), value: bytes }).then(act, life.fail);
      else act();
    },
    meet(peer, held) {
      if (held.grade !== "stranger") return;
      book.put(peer, { ...held, grade: "met" });
      transport.block(peer);
    },
  };
}

/** What a peer ends with whose own key is banned. */
export function ownBan(conviction: Conviction | undefined): HearsayError {
  const reason = conviction?.reason ?? "evidence that is kept beside its log";
  return new HearsayError(
    "ERR_BANNED",
    `this peer's own key is banned (${reason}): others refuse it for ever, and so would they all it signs. Go on with a new key: ` +
      "hearsay key rotate makes one and keeps the model. Never run two peers on one key, or on copies of one state directory",
  );
}
