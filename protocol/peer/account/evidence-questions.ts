/** What a neighbour is asked for: all the evidence that it holds, page by page. What is news is gossiped in turn, as far as others check it at once. */
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, Transport } from "../../base/seams.ts";
import { decodeEvidenceAnswer, encodeLogRequest, LOG_PROTOCOL } from "../../wire/log-messages.ts";
import type { Budget } from "../memory/budget.ts";
import type { Court, MayLook } from "./court.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import { CHECK_COST, CHECKS } from "./evidence-gossip.ts";

export interface QuestionComponents {
  readonly transport: Pick<Transport, "request">;
  readonly budget: Pick<Budget, "pay">;
  readonly book: Pick<EvidenceBook, "sum">;
  readonly court: Court;
}

export interface QuestionOptions {
  readonly taskId: Uint8Array;
  /** Tells others. */
  tell(evidence: Uint8Array): void;
}

/** Against strangers, in the answer of one neighbour. */
const MAX_STRANGERS = 256;
/** Of one neighbour: all that can be kept, with what pages cannot use. */
const { bannedKnown, bannedMet, bannedStrangers } = LIMITS.maxIdentities;
const MAX_KEPT = bannedKnown + bannedMet + bannedStrangers;
const MAX_PAGES = Math.ceil((1.2 * MAX_KEPT * LIMITS.maxEvidenceBytes) / LIMITS.maxFrameBytes);
/** Of what one neighbour told: as much as others check at once. */
const MAX_TOLD_ON = CHECKS.burst;

/** Asks a neighbour. It rejects with a HearsayError for whatever the answer lacks, and where the signal ends it. */
export function createQuestions(
  components: QuestionComponents,
  { taskId, tell }: QuestionOptions,
): (neighbour: PeerId, signal: AbortSignal) => Promise<void> {
  const { transport, budget, book, court } = components;
  return async (neighbour, signal) => {
    let [from, told, strangers] = [0, 0, 0];
    const mayLook: MayLook = (grade) =>
      grade !== "stranger" || (strangers++ < MAX_STRANGERS && budget.pay(neighbour, CHECK_COST));
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const request = encodeLogRequest({ what: "evidence", logId: taskId, from, held: book.sum() });
      const page = decodeEvidenceAnswer(await transport.request(neighbour, LOG_PROTOCOL, request, { signal }));
      for (const bytes of page) {
        const { verdict } = court.receive(bytes, mayLook);
        if (verdict === "reject") return;
        if (verdict === "accept" && told++ < MAX_TOLD_ON) tell(bytes);
      }
      if (page.length === 0) return;
      from += page.length;
    }
  };
}
