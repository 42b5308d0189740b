/**
 * The proof of a model that came in one answer with its body (wire/pull-messages.ts). It holds what this peer cannot make itself: two hashes of the `publish`
 * entry, whose id was announced, and the subtrees between the tree that is proved and that entry. The frontier that is remembered, grown by these and by the
 * entry, has to give the announced root; so the entry is in the log, and the log continues its earlier state (log/tree/growth.ts).
 *
 * The signature of the entry is not sent: its author has signed the announcement that names its id, which convicts as well.
 */
import { equalBytes } from "../../base/bytes.ts";
import { decodeEntry } from "../../log/entry/entry.ts";
import { grow } from "../../log/tree/growth.ts";
import { append, isConsistent, leafHash, rootOf } from "../../log/tree/merkle.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { encodeCanonical } from "../../wire/canonical.ts";
import type { PullProof } from "../../wire/pull-messages.ts";
import type { PulledProof } from "../loop/fetch.ts";
import { asked, type Court, contradicted, openingOf, proved, requireVouched, unproved } from "./proving.ts";

/** Undefined where the frontier of what is remembered is not at hand, or the head is the same as before. @throws HearsayError ERR_RATE, ERR_LOG_PROOF. */
export function pulledProof(court: Court, announced: Announcement): PulledProof | undefined {
  const { crypto, codec, heads } = court;
  const opening = openingOf(court, announced);
  const { logId, continued, old } = opening;
  const { generation, seq, root } = announced;
  const isApart = continued !== undefined && court.isShared?.(announced.author) === true;
  const before = continued === undefined || isApart ? [] : heads.frontier(announced.author);
  if (before === undefined || old > seq) return undefined;
  const from = isApart ? 0 : old;
  return {
    request: { generation, seq, old: from },
    async settle(proof) {
      const entry = entryOf(announced, logId, codec, proof);
      if (!equalBytes(crypto.sha256(entry), announced.entry))
        throw unproved("the entry says another thing than the announcement");
      requireVouched(court, announced, proof.cohort);
      const grown = grow(before, from, seq, proof.growth, crypto);
      if (grown === undefined) throw unproved("a proof of another length");
      const { frontier } = append(grown, seq, leafHash(entry, crypto), crypto);
      if (!equalBytes(rootOf(frontier, crypto), root))
        throw continued && !isApart
          ? contradicted(court, continued, announced)
          : unproved("the entry is not in its author's log");
      if (isApart) await requireContinued(court, announced, logId, continued, old);
      await proved(court, announced, opening, { frontier, wanted: proof.wanted });
    },
  };
}

/** The tree that is announced begins with the one that is remembered. @throws HearsayError ERR_LOG_PROOF, or what a request throws. */
export async function requireContinued(
  court: Court,
  announced: Announcement,
  logId: Uint8Array,
  continued: Announcement,
  old: number,
): Promise<void> {
  const { seq, root } = announced;
  const { consistency } = await asked(court, announced, { what: "prove", logId, seq, old });
  if (!isConsistent({ old, size: seq + 1, oldRoot: continued.root, root }, consistency, court.crypto))
    throw contradicted(court, continued, announced);
}

/** What an announcement says of a `publish` entry. */
export type Said = Pick<Announcement, "seq" | "tsMs" | "model" | "age" | "bytes" | "mass">;

/** The bytes of the entry, without its signature. @throws HearsayError ERR_DECODE where it is none. */
export function entryOf(
  { seq, tsMs, model, age, bytes, mass }: Said,
  logId: Uint8Array,
  codec: string,
  { prev, trained, mechanism, shared, cohort }: Omit<PullProof, "growth" | "wanted">,
): Uint8Array {
  const body = { model, age, bytes, codec, mechanism, shared, mass, trained, ...(cohort && { cohort }) };
  const entry = encodeCanonical([2, logId, seq, prev, tsMs, "publish", body]);
  decodeEntry(entry);
  return entry;
}
