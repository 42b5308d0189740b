/** Stage Fetched of a model of which its author told by a brief: body, proof and signature come in one answer. */
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Transport } from "../../base/seams.ts";
import { untilAborted } from "../../base/until-aborted.ts";
import type { Announcement } from "../../wire/announcement.ts";
import {
  decodeModelAnswer,
  encodeModelRequest,
  type ModelAnswer,
  type ModelRequest,
} from "../../wire/model-messages.ts";
import { type Announced, type Fetched, fetched } from "../stages.ts";

/** The proof of what a brief said. */
export interface BriefProof {
  readonly request: ModelRequest;
  /** What its author has signed. @throws HearsayError ERR_LOG_PROOF, ERR_MODEL_SIZE, ERR_DECODE, or what a request throws. */
  settle(answer: ModelAnswer): Promise<Announcement>;
}

/** How authors answer for what they tell without a signature. */
export interface BriefProofs {
  isBanned(author: Announced["author"]): boolean;
  /** @throws HearsayError ERR_RATE, ERR_LOG_PROOF. */
  briefed(brief: Announced): BriefProof;
  /** The author did not prove what it told: whether something that it signed convicts it is looked into beside. */
  suspect(brief: Announced): void;
}

export interface FetchBriefOptions {
  /** Name of the protocol. */
  readonly protocol: string;
  readonly signal: AbortSignal;
  readonly proofs: BriefProofs;
  /** Keeps what a brief turned out to be; it says what is known of its author from now on. @throws HearsayError ERR_REPLAYED. */
  show(brief: Announced, announcement: Announcement): Announced;
}

/** @throws HearsayError of `BriefProof.settle` and the request, ERR_REPLAYED, ERR_BANNED, or the signal's reason. */
export async function fetchBrief(
  { transport }: { readonly transport: Pick<Transport, "request"> },
  brief: Announced,
  { protocol, signal, proofs, show }: FetchBriefOptions,
): Promise<Fetched> {
  const { author } = brief;
  const { request, settle } = proofs.briefed(brief);
  const bytes = await transport.request(author, protocol, encodeModelRequest(request), { signal });
  const answer = decodeModelAnswer(bytes);
  const settled = settle(answer).catch((error: unknown) => {
    if (isHearsayError(error, "ERR_LOG_PROOF")) proofs.suspect(brief);
    throw error;
  });
  const announcement = await untilAborted(settled, signal);
  if (proofs.isBanned(author)) throw new HearsayError("ERR_BANNED", "its author was banned meanwhile");
  return fetched(show(brief, announcement), answer.body);
}
