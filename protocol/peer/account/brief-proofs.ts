/**
 * The proof of a model of which its author told by a brief (wire/brief.ts). It comes in one answer with the body (wire/model-messages.ts), and with one signature: that
 * of the announcement. The entry is made from what the brief said, what the answer says, and the hash of the body; the frontier that is remembered, grown by the answer
 * and by the entry, has one root; from both follows what the announcement has to say, and the signature has to be over that. So its author has signed that its log goes
 * on from the previous one, and ends with this entry. A brief that says another thing comes to another announcement, and to no signature of it.
 *
 * Such an announcement convicts like any other. What it lacks is the signature of the checkpoint, for witnesses and for all who hear it by gossip: with that it has
 * to come now and then (heads.ts), and is passed on.
 */
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { grow } from "../../log/tree/growth.ts";
import { append, type Frontier, leafHash, rootOf } from "../../log/tree/merkle.ts";
import { type Announcement, announcementUnder, decodeAnnouncement, hasNote, NO_NOTE } from "../../wire/announcement.ts";
import { openEnvelope } from "../../wire/envelope.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL } from "../../wire/messages.ts";
import type { ModelAnswer } from "../../wire/model-messages.ts";
import { noteHolds } from "../inbound/announcement-order.ts";
import type { BriefProof } from "../inbound/fetch-brief.ts";
import { AGENT } from "../inbound/greet.ts";
import type { Announced } from "../stages.ts";
import {
  entryOf,
  type Opening,
  openingOf,
  type ProofContext,
  proved,
  requireContinued,
  requireVouched,
  unproved,
} from "./proving.ts";

/** @throws HearsayError ERR_RATE, ERR_LOG_PROOF. */
export function briefProof(context: ProofContext, brief: Announced): BriefProof {
  const { heads } = context;
  const { author, generation, seq } = brief;
  const opening = openingOf(context, brief);
  const { continued, old } = opening;
  const known = continued === undefined ? [] : heads.frontier(author);
  const isApart = known === undefined || old > seq; // what is remembered is not at hand: that the log goes on from there is asked for apart
  const from = isApart ? 0 : old;
  const tree: Tree = { frontier: isApart ? [] : known, from };
  const wantsNote = heads.isNoteDue(author);
  return {
    request: { generation, seq, old: from, wantsNote },
    async settle(answer) {
      const { announcement, frontier } = signedIn(context, brief, opening, tree, answer);
      if (wantsNote && !hasNote(announcement)) throw unproved("its author does not sign its checkpoint");
      requireVouched(context, announcement, answer.cohort);
      if (isApart && continued) await requireContinued(context, announcement, opening.logId, continued, old);
      await proved(context, announcement, opening, { frontier, wanted: answer.wanted });
      return announcement;
    },
  };
}

/** Of which an answer tells the growth. */
interface Tree {
  readonly frontier: Frontier;
  /** Leaves. */
  readonly from: number;
}

/** What the author has signed, and the tree under it. @throws HearsayError ERR_LOG_PROOF, ERR_MODEL_SIZE, ERR_DECODE. */
function signedIn(
  { crypto, codec, taskId, own }: ProofContext,
  brief: Announced,
  { logId }: Opening,
  tree: Tree,
  answer: ModelAnswer,
): { readonly announcement: Announcement; readonly frontier: Frontier } {
  const { seq, generation, bytes, age, mass, tsMs, publicKey } = brief;
  const { seal, note = NO_NOTE, growth, body, made = own } = answer;
  if (body.length !== bytes)
    throw new HearsayError("ERR_MODEL_SIZE", `a body of ${body.length} bytes, ${bytes} were announced`);
  const model = crypto.sha256(body);
  const entry = entryOf({ seq, tsMs, model, age, bytes, mass }, logId, codec, { ...answer, ...made });
  const grown = grow(tree.frontier, tree.from, seq, growth, crypto);
  if (grown === undefined) throw unproved("a proof of another length");
  const { frontier } = append(grown, seq, leafHash(entry, crypto), crypto);
  const says = { task: taskId, generation, seq, entry: crypto.sha256(entry), root: rootOf(frontier, crypto), note };
  const announcement = announcementUnder({ ...says, model, bytes, age, tsMs, mass }, publicKey, seal);
  if (!isOwn(announcement, crypto))
    throw unproved("its author has not signed what it told, after what it had told before");
  if (hasNote(announcement) && !noteHolds(announcement, crypto))
    throw unproved("the signature of its checkpoint does not hold");
  return { announcement, frontier };
}

function isOwn({ sealed, publicKey }: Announcement, crypto: ProofContext["crypto"]): boolean {
  return openEnvelope("announcement", sealed, crypto, publicKey) !== undefined;
}

/**
 * What its author has signed last, where it did not sign what it told: from that it can be seen whether its log goes on, and if it does not that may convict it.
 * @throws what a request throws.
 */
export async function newestSigned(
  { search, taskId, crypto }: ProofContext,
  { author }: Announced,
): Promise<Announcement | undefined> {
  const { transport, signal } = search;
  const request = encodeHelloRequest({ task: taskId, agent: AGENT, newsOnly: true });
  const { announcement } = decodeHelloAnswer(await transport.request(author, HELLO_PROTOCOL, request, { signal }));
  if (announcement === undefined) return undefined;
  const signed = decodeAnnouncement(announcement);
  if (signed.author !== author || !equalBytes(signed.task, taskId)) return undefined;
  return isOwn(signed, crypto) && noteHolds(signed, crypto) ? signed : undefined;
}
