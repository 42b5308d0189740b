/**
 * Evidence against keys (log/evidence.ts): checked, kept for ever, passed on, and acted on. A key that told two stories about its log, or has ended, is
 * not listened to again: not its announcements, not its models, not its connections, also after a restart.
 *
 *     evidence/<peer id>     the evidence as it is gossiped; of a fork rather than of an end
 *
 * Evidence stands by itself, so it does not matter who brings it. What a sender can cost is bounded: one check for each key that is not banned
 * yet, at most a burst of 50 and then two a second from one neighbour, and 1 KiB of disk for each of 10,000 keys.
 */
import { type Allowance, allowanceAt, forgetOldest } from "../bounded.ts";
import { equalBytes } from "../bytes.ts";
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
  /** All evidence that is held, in the order of its coming. */
  held(): readonly Uint8Array[];
  /** Asks a neighbour for what it holds. */
  askFor(neighbour: PeerId): Promise<void>;
}

const CHECKS = { burst: 50, perSecond: 2 };
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

  for await (const [key, bytes] of store.range(EVIDENCE_KEYS)) {
    const peer = key.slice(EVIDENCE_KEYS.length);
    const evidence = decodeEvidence(bytes);
    if (peer === identity.peerId) throw ownBan(verifyEvidence(evidence, crypto));
    banned.set(peer, { kind: evidence.kind, bytes });
    transport.block(peer);
  }

  function mayCheck(sender: PeerId): boolean {
    const { tokens, atMs } = allowanceAt(clock.now(), budgets.get(sender), CHECKS);
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

  function ban(conviction: Conviction, bytes: Uint8Array): void {
    const { peer, kind, reason } = conviction;
    banned.set(peer, { kind, bytes });
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
    found(bytes) {
      if (receive(bytes, () => true).verdict !== "accept") return;
      transport.announce(names.evidence, bytes).catch(() => {}); // who is not reached may ask for it
    },
    held: () => [...banned.values()].map(({ bytes }) => bytes),
    async askFor(neighbour) {
      for (let from = 0; from < LIMITS.maxEvidence; ) {
        const request = encodeLogRequest({ what: "evidence", logId: context.log.logId, from });
        const { signal } = context;
        const page = decodeEvidenceAnswer(await transport.request(neighbour, LOG_PROTOCOL, request, { signal }));
        for (const bytes of page) if (receive(bytes, () => true).verdict === "reject") return;
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
