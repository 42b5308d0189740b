/**
 * A model is taken only with proof: its publish entry stands in its author's log, and that log continues the one that this peer
 * remembers of the author. The proof comes with the body (pulled-proofs.ts), or is one small request beside the pull:
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
import { type Entry, readEntry, signatureHolds } from "../../log/entry/entry.ts";
import { append, isConsistent, isIncluded, leafHash } from "../../log/tree/merkle.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import type { ProveAnswer } from "../../wire/log-messages.ts";
import type { PulledProof } from "../inbound/fetch.ts";
import type { BriefProof } from "../inbound/fetch-brief.ts";
import type { Announced } from "../stages.ts";
import { briefProof, newestSigned } from "./brief-proofs.ts";
import { findForkAt } from "./fork-search.ts";
import {
  asked,
  contradicted,
  openingOf,
  type ProofContext,
  type ProverComponents,
  type ProverOptions,
  proved,
  requireVouched,
  unproved,
} from "./proving.ts";
import { pulledProof } from "./pulled-proofs.ts";
import type { SignedState } from "./signed-state.ts";

export interface Prover {
  /**
   * Resolves when the announced model is proved, and its author's log remembered.
   * @throws HearsayError ERR_LOG_PROOF, ERR_RATE (too many generations in a day), or what a request throws.
   */
  prove(announced: Announcement): Promise<void>;
  /**
   * How the proof of an announced model may come with its body; undefined where it has to be asked for.
   * @throws HearsayError ERR_RATE, ERR_LOG_PROOF.
   */
  pulled(announced: Announcement): PulledProof | undefined;
  /** How the proof comes of a model of which its author told by a brief. @throws HearsayError ERR_RATE, ERR_LOG_PROOF. */
  briefed(brief: Announced): BriefProof;
  /** An author did not prove what it told by a brief: what it signed last is looked into. */
  suspect(brief: Announced): void;
  /**
   * A state came that its author signed, and nobody told of when it was due: it is asked for the entry there, since another one is evidence of a fork,
   * and has to show with its next model that both are of one log.
   */
  doubt(state: SignedState): void;
}

export function createProver(components: ProverComponents, options: ProverOptions): Prover {
  const { crypto, transport, doubts, life } = components;
  const search = { crypto, transport, signal: life.signal };
  const context: ProofContext = { ...components, ...options, search, searched: new Set() };
  return {
    prove: (announced) => prove(context, announced),
    pulled: (announced) => pulledProof(context, announced),
    briefed: (brief) => briefProof(context, brief),
    suspect: (brief) => life.aside(newestSigned(context, brief).then((signed) => signed && prove(context, signed))),
    doubt(state) {
      doubts.open(state);
      if (!transport.peers().includes(state.author)) return;
      life.aside(findForkAt(search, state).then((fork) => fork && options.onFork(fork)));
    },
  };
}

async function prove(context: ProofContext, announced: Announcement): Promise<void> {
  const { crypto } = context;
  const opening = openingOf(context, announced);
  const { logId, continued, old } = opening;
  const { seq, root } = announced;
  const answer = await asked(context, announced, { what: "prove", logId, seq, old });
  const leaf = requirePublished(context, announced, logId, answer);
  const grown = { old, size: seq + 1, root };
  if (continued && !isConsistent({ ...grown, oldRoot: continued.root }, answer.consistency, crypto))
    throw contradicted(context, continued, announced);
  const frontier = append(answer.inclusion.toReversed(), seq, leaf, crypto).frontier; // the siblings of the last leaf are the frontier before it
  await proved(context, announced, opening, { frontier, wanted: answer.wanted });
}

/** The leaf of the entry, which is what was announced, and in the announced tree. */
function requirePublished(
  context: ProofContext,
  announced: Announcement,
  logId: Uint8Array,
  answer: ProveAnswer,
): Uint8Array {
  const { crypto, codec } = context;
  const { publicKey, seq, root } = announced;
  const entry = readEntry(answer.entry, crypto);
  if (!announces(announced, entry, codec) || !equalBytes(entry.logId, logId))
    throw unproved("the entry says another thing than the announcement");
  requireVouched(context, announced, entry.type === "publish" ? entry.body.cohort : undefined);
  if (!signatureHolds(entry, crypto, publicKey)) throw unproved("the entry is not signed by its author");
  const leaf = leafHash(entry.signed.subarray(SIGNATURE_BYTES), crypto);
  if (!isIncluded({ index: seq, size: seq + 1, leaf, root }, answer.inclusion, crypto))
    throw unproved("the entry is not in its author's log");
  return leaf;
}

function announces(announced: Announcement, entry: Entry, codec: string): boolean {
  const { seq, entry: id, model, age, bytes, mass } = announced;
  if (entry.type !== "publish" || entry.seq !== seq || !equalBytes(entry.id, id)) return false;
  const { body } = entry;
  if (!equalBytes(body.model, model) || body.age !== age || body.bytes !== bytes) return false;
  return body.codec === codec && (body.mass ?? 1) === mass;
}
