/**
 * Verifies a whole log, entry by entry (verifier.ts).
 *
 * Signatures are nearly all of the work. They are checked here, or in batches by others (a SignatureChecker, on other threads), or
 * only the last one: since each entry names the one before by its hash, the last signature vouches for all entries, though not for
 * their own signatures, which somebody may want to show on their own.
 *
 * A beginning of a log is a log: that the end was cut off shows only to somebody who knows a later head. The peer
 * keeps its head beside the entries; others hold the heads that it announced. Compare `head` with those.
 */
import { type HearsayError, isHearsayError } from "../../base/errors.ts";
import type { PeerId } from "../../base/seams.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { readWithheld } from "../export/withheld.ts";
import { signaturesLater } from "./signatures.ts";
import { type ChainVerifier, createVerifier, type LogHead, type LogOwner, type VerifyOptions } from "./verifier.ts";

/** The log as far as it holds: everything before `firstBad`. */
export interface Verification {
  readonly ok: boolean;
  /** Number of entries that hold. */
  readonly entries: number;
  /** How many of them are withheld (log/export/withheld.ts): the log has them, and what they say is not shown. */
  readonly withheld?: number;
  readonly logId?: Uint8Array;
  readonly peer?: PeerId;
  readonly task?: Uint8Array;
  readonly generation?: number;
  /** The last entry that holds. */
  readonly head?: LogHead;
  /** Of the tree over all entries, where all hold. */
  readonly root?: Uint8Array;
  /** Whether the last entry that holds ends the log. */
  readonly ended?: boolean;
  readonly firstBad?: { readonly seq: number; readonly reason: ChainReason; readonly message: string };
}

/**
 * Verifies a whole log. What the source throws passes through, but for ERR_LOG_CHAIN, which is part of the answer.
 * @param verifier at its beginning, made with these options.
 */
export async function verifyLog(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VerifyOptions,
  verifier: ChainVerifier = createVerifier(options),
): Promise<Verification> {
  const signatures = signaturesLater(options.signatures ?? "each", options.crypto);
  let fault: HearsayError | undefined;
  try {
    for await (const signed of source) {
      const withheld = options.mayWithhold === true ? readWithheld(signed) : undefined;
      if (withheld !== undefined) {
        verifier.pass(withheld);
        continue;
      }
      const entry = verifier.next(signed);
      const busy = signatures.take(entry, (verifier.owner as LogOwner).peer);
      if (busy !== undefined) await busy;
    }
    if (verifier.last === undefined) throw chainError(0, "missing", "the log is empty");
  } catch (error) {
    if (!isHearsayError(error, "ERR_LOG_CHAIN")) throw error;
    fault = error;
  }
  const forged = await signatures.end();
  const good = summary(verifier);
  if (forged !== undefined) {
    const { seq, prev } = forged;
    const firstBad = { seq, reason: "signature", message: `log entry ${seq}: the signature does not hold` } as const;
    if (seq === 0) return { ok: false, entries: 0, firstBad };
    return { ok: false, ...good, entries: seq, head: { seq: seq - 1, id: prev }, ended: false, firstBad };
  }
  if (fault === undefined) return { ok: true, ...good, root: verifier.tree.root() };
  const { seq, reason } = fault.details as { seq: number; reason: ChainReason };
  return { ok: false, ...good, firstBad: { seq, reason, message: fault.message } };
}

function summary({ owner, last, withheld }: ChainVerifier): Omit<Verification, "ok" | "firstBad" | "root"> {
  if (owner === undefined || last === undefined) return { entries: 0 };
  const { logId, task, generation } = owner;
  const head = { seq: last.seq, id: last.id };
  const peer = peerIdFromPublicKey(owner.peer);
  const entries = { entries: last.seq + 1, ...(withheld > 0 && { withheld }) };
  return { ...entries, logId, peer, task, generation, head, ended: last.type === "end" };
}
