/**
 * Evidence against keys (log/evidence.ts): checked, kept for ever, passed on, and acted on. A key that told two stories about its log, or has ended, is
 * not listened to again: not its announcements, not its models, not its connections, also after a restart.
 *
 *     evidence/<peer id>     the evidence as it is gossiped; of a fork rather than of an end
 *
 * Gossip does not reach who was away. So every neighbour that is met is asked for what it holds, and what is news from there is gossiped in turn,
 * since others behind the same gap may have missed it too. The question carries a sum of what the asker holds:
 *
 *     held = SHA-256 of "<kind> <peer id>\n" for each, sorted
 *
 * and who holds the same answers with nothing. Where they differ the whole list comes, at most 10,000 KiB.
 *
 * Evidence stands by itself, so it does not matter who brings it. What a sender can cost is bounded: one check for each key that is not banned
 * yet, at most a burst of 50 and then two a second from one neighbour, and 1 KiB of disk for each of 10,000 keys.
 */
import { type Allowance, allowanceAt, forgetOldest } from "../bounded.ts";
import { equalBytes, utf8 } from "../bytes.ts";
import { HearsayError, isHearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import {
  type Conviction,
  decodeEvidence,
  EVIDENCE_KEYS,
  type Evidence,
  type EvidenceKind,
  evidenceKey,
  verifyEvidence,
} from "../log/evidence.ts";
import type { PeerId, Verdict } from "../seams.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import { decodeEvidenceAnswer, encodeLogRequest, LOG_PROTOCOL } from "../wire/log-messages.ts";
import { countRefused, type PeerContext } from "./context.ts";

export interface Bans {
  has(peer: PeerId): boolean;
  /** Evidence that this peer made itself: kept, acted on and told to everybody. */
  found(evidence: Uint8Array): void;
  readonly size: number;
  /** All evidence that is held, in the order of its coming; none for an asker that holds the same, by its sum. */
  heldBeside(sum: Uint8Array): readonly Uint8Array[];
  /** Asks a neighbour for what it holds. @throws HearsayError for whatever its answer lacks. */
  askFor(neighbour: PeerId): Promise<void>;
}

const CHECKS = { burst: 50, perSecond: 2 };
/** Of one neighbour: all that is kept, with what pages cannot use. */
const MAX_PAGES = Math.ceil((1.2 * LIMITS.maxEvidence * LIMITS.maxEvidenceBytes) / LIMITS.maxFrameBytes);
/** Of what one neighbour told: as much as others check at once. */
const MAX_TOLD_ON = CHECKS.burst;
/** Neighbours whose budget is remembered. */
const MAX_SENDERS = 1024;

/**
 * Loads what is held, listens for more.
 * @throws HearsayError ERR_BANNED where there is evidence against this peer's own key.
 */
export async function openBans(context: PeerContext): Promise<Bans> {
  const { store, transport, crypto, clock, names, taskId, identity, counters } = context;
  const banned = new Map<PeerId, { readonly kind: EvidenceKind; readonly bytes: Uint8Array }>();
  const budgets = new Map<PeerId, Allowance>();
  let sum: Uint8Array | undefined;

  for await (const [key, bytes] of store.range(EVIDENCE_KEYS)) {
    const peer = key.slice(EVIDENCE_KEYS.length);
    const evidence = decodeEvidence(bytes);
    if (peer === identity.peerId) throw ownBan(verifyEvidence(evidence, crypto));
    banned.set(peer, { kind: evidence.kind, bytes });
    transport.block(peer);
  }

  function mayCheck(sender: PeerId): boolean {
    const { tokens, atMs } = allowanceAt(clock.monotonicMs(), budgets.get(sender), CHECKS);
    budgets.set(sender, { tokens: tokens < 1 ? tokens : tokens - 1, atMs });
    forgetOldest(budgets, MAX_SENDERS);
    return tokens >= 1;
  }

  /** Nothing is known that weighs as much. */
  function isNews(peer: PeerId, { kind }: Evidence): boolean {
    const known = banned.get(peer);
    if (known === undefined) return banned.size < LIMITS.maxEvidence;
    return known.kind === "end" && kind === "fork";
  }

  /** `reject` for what proves nothing, `ignore` for what is known or was not looked at. */
  function receive(bytes: Uint8Array, mayLook: () => boolean): Verdict {
    try {
      const evidence = decodeEvidence(bytes);
      if (!equalBytes(evidence.task, taskId)) return { verdict: "ignore", code: "ERR_OTHER_TASK" };
      if (!isNews(peerIdFromPublicKey(evidence.publicKey), evidence)) return { verdict: "ignore" };
      if (!mayLook()) return { verdict: "ignore", code: "ERR_RATE" };
      const conviction = verifyEvidence(evidence, crypto);
      if (conviction === undefined) return { verdict: "reject", code: "ERR_SIGNATURE" };
      ban(conviction, bytes.slice());
      return { verdict: "accept" };
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      return { verdict: "reject", code: error.code };
    }
  }

  function sumOfHeld(): Uint8Array {
    if (sum !== undefined) return sum;
    const lines = [...banned].map(([peer, { kind }]) => `${kind} ${peer}\n`);
    sum = crypto.sha256(utf8(lines.sort().join("")));
    return sum;
  }

  function tell(bytes: Uint8Array): void {
    transport.announce(names.evidence, bytes).catch(() => {}); // who is not reached may ask for it
  }

  function ban(conviction: Conviction, bytes: Uint8Array): void {
    const { peer, kind, reason } = conviction;
    banned.set(peer, { kind, bytes });
    sum = undefined;
    store.write([{ key: evidenceKey(peer), value: bytes }]).catch(context.fail);
    context.observe?.({ kind: "evidence", peer, proves: kind, reason });
    if (peer === identity.peerId) context.fail(ownBan(conviction));
    else transport.block(peer);
  }

  transport.onAnnounce(names.evidence, (from, bytes) => {
    const verdict = receive(bytes, () => mayCheck(from));
    if (verdict.code !== undefined) countRefused(counters, verdict.code);
    return verdict;
  });

  return {
    has: (peer) => banned.has(peer),
    get size() {
      return banned.size;
    },
    found(bytes) {
      if (receive(bytes, () => true).verdict === "accept") tell(bytes);
    },
    heldBeside: (theirs) => (equalBytes(theirs, sumOfHeld()) ? [] : Array.from(banned.values(), ({ bytes }) => bytes)),
    async askFor(neighbour) {
      const { signal } = context;
      let [from, told] = [0, 0];
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const request = encodeLogRequest({ what: "evidence", logId: taskId, from, held: sumOfHeld() });
        const page = decodeEvidenceAnswer(await transport.request(neighbour, LOG_PROTOCOL, request, { signal }));
        for (const bytes of page) {
          const { verdict } = receive(bytes, () => true);
          if (verdict === "reject") return;
          if (verdict === "accept" && told++ < MAX_TOLD_ON) tell(bytes);
        }
        if (page.length === 0) return;
        from += page.length;
      }
    },
  };
}

function ownBan(conviction: Conviction | undefined): HearsayError {
  const reason = conviction?.reason ?? "evidence that is kept beside its log";
  return new HearsayError(
    "ERR_BANNED",
    `this peer's own key is banned (${reason}): others refuse it for ever, and so would they all it signs. Go on with a new key: ` +
      "hearsay key rotate makes one and keeps the model. Never run two peers on one key, or on copies of one state directory",
  );
}
