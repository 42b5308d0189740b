/**
 * The proof of a model that came in one answer with its body (wire/pull-messages.ts). It holds what this peer cannot make itself: two hashes of the `publish`
 * entry, whose id was announced, and the subtrees between the tree that is proved and that entry. The frontier that is remembered, grown by these and by the
 * entry, has to give the announced root; so the entry is in the log, and the log continues its earlier state (log/tree/growth.ts).
 *
 * The signature of the entry is not sent: its author has signed the announcement that names its id, which convicts as well.
 */
import { equalBytes } from "../../base/bytes.ts";
import { grow } from "../../log/tree/growth.ts";
import { append, leafHash, rootOf } from "../../log/tree/merkle.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { PulledProof } from "../inbound/fetch.ts";
import {
  contradicted,
  entryOf,
  openingOf,
  type ProofContext,
  proved,
  requireContinued,
  requireVouched,
  unproved,
} from "./proving.ts";

/** Undefined where the frontier of what is remembered is not at hand, or the head is the same as before. @throws HearsayError ERR_RATE, ERR_LOG_PROOF. */
export function pulledProof(context: ProofContext, announced: Announcement): PulledProof | undefined {
  const { crypto, codec, heads } = context;
  const opening = openingOf(context, announced);
  const { logId, continued, old } = opening;
  const { generation, seq, root } = announced;
  const isApart = continued !== undefined && context.isShared?.(announced.author) === true;
  const before = continued === undefined || isApart ? [] : heads.frontier(announced.author);
  if (before === undefined || old > seq) return undefined;
  const from = isApart ? 0 : old;
  return {
    request: { generation, seq, old: from },
    async settle(proof) {
      const entry = entryOf(announced, logId, codec, proof);
      if (!equalBytes(crypto.sha256(entry), announced.entry))
        throw unproved("the entry says another thing than the announcement");
      requireVouched(context, announced, proof.cohort);
      const grown = grow(before, from, seq, proof.growth, crypto);
      if (grown === undefined) throw unproved("a proof of another length");
      const { frontier } = append(grown, seq, leafHash(entry, crypto), crypto);
      if (!equalBytes(rootOf(frontier, crypto), root))
        throw continued && !isApart
          ? contradicted(context, continued, announced)
          : unproved("the entry is not in its author's log");
      if (isApart) await requireContinued(context, announced, logId, continued, old);
      await proved(context, announced, opening, { frontier, wanted: proof.wanted });
    },
  };
}
