/**
 * What becomes of evidence that comes: looked at as far as its bringer may have it looked at, kept (evidence-book.ts), and carried out (sentences.ts).
 * Evidence stands by itself, so it does not matter who brings it.
 */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId, Transport, Verdict } from "../../base/seams.ts";
import { decodeEvidence, type Evidence, verifyEvidence } from "../../log/entry/evidence.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import type { Identities } from "../memory/identities.ts";
import type { Grade } from "../memory/record.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import type { Sentences } from "./sentences.ts";

/** Whether evidence against a key of this grade is looked at, which takes two checks of signatures. */
export type MayLook = (grade: Grade) => boolean;

export interface Court {
  /** `reject` for what proves nothing, `ignore` for what is known or was not looked at. */
  receive(bytes: Uint8Array, mayLook: MayLook): Verdict;
}

export interface CourtComponents {
  readonly crypto: Crypto;
  readonly identities: Pick<Identities, "get" | "isKnown">;
  readonly transport: Pick<Transport, "peers">;
  readonly book: EvidenceBook;
  readonly sentences: Sentences;
}

export interface CourtOptions {
  readonly taskId: Uint8Array;
  readonly self: PeerId;
}

export function createCourt(components: CourtComponents, { taskId, self }: CourtOptions): Court {
  const { crypto, identities, transport, book, sentences } = components;

  function gradeOf(peer: PeerId): Grade {
    if (peer === self || identities.isKnown(peer)) return "known";
    const hasAnnounced = identities.get(peer)?.slot !== undefined;
    return hasAnnounced || transport.peers().includes(peer) ? "met" : "stranger";
  }

  function look(bytes: Uint8Array, mayLook: MayLook): Verdict {
    const evidence = decodeEvidence(bytes);
    // [IGNORE] About another task.
    if (!equalBytes(evidence.task, taskId)) return { verdict: "ignore", code: "ERR_OTHER_TASK" };
    // [IGNORE] Known already.
    const peer = peerIdFromPublicKey(evidence.publicKey);
    if (!isNews(book, peer, evidence)) return { verdict: "ignore" };
    // [IGNORE] More than its bringer can have looked at.
    const grade = gradeOf(peer);
    if (!mayLook(grade)) return { verdict: "ignore", code: "ERR_RATE" };
    // [REJECT] It proves nothing.
    const conviction = verifyEvidence(evidence, crypto);
    if (conviction === undefined) return { verdict: "reject", code: "ERR_SIGNATURE" };
    sentences.carryOut(conviction, bytes.slice(), grade);
    return { verdict: "accept" };
  }

  return {
    receive(bytes, mayLook) {
      try {
        return look(bytes, mayLook);
      } catch (error) {
        if (!isHearsayError(error)) throw error;
        return { verdict: "reject", code: error.code };
      }
    },
  };
}

/** Nothing is known that weighs as much. */
function isNews(book: EvidenceBook, peer: PeerId, { kind }: Evidence): boolean {
  const known = book.get(peer);
  return known === undefined || (known.kind === "end" && kind === "fork");
}
