/**
 * Cosigning the logs of others: a cosignature says that this peer has seen a log grow to a state, and no other. So what it remembers of that log is on
 * disk before it signs (heads.ts).
 */
import type { Clock, Crypto, Identity, Transport } from "../../base/seams.ts";
import { checkpointFrom, cosign } from "../../log/tree/checkpoint.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { encodeLogRequest, LOG_PROTOCOL } from "../../wire/log-messages.ts";
import { wholeMinutes } from "../../wire/values.ts";
import type { HeadMemory } from "./heads.ts";

export interface WitnessComponents {
  readonly heads: Pick<HeadMemory, "save">;
  readonly transport: Pick<Transport, "request">;
  readonly clock: Pick<Clock, "now">;
  readonly identity: Identity;
  readonly crypto: Crypto;
}

/** Brings the author of an announcement that is proved and remembered a cosignature of its log in that state. It rejects with what a request throws. */
export function createWitness(
  { heads, transport, clock, identity, crypto }: WitnessComponents,
  signal: AbortSignal,
): (announced: Announcement, logId: Uint8Array) => Promise<void> {
  return async ({ author, publicKey, seq, root, note }, logId) => {
    const checkpoint = checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, crypto);
    await heads.save();
    const line = cosign(checkpoint, identity, wholeMinutes(clock.now()) / 1000, crypto);
    const request = encodeLogRequest({ what: "cosign", logId, size: checkpoint.size, line });
    await transport.request(author, LOG_PROTOCOL, request, { signal });
  };
}
