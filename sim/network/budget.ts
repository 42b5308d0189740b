/**
 * The budget of a simulated peer: the bucket that real sockets wait for. Here a message for which an end has too little left is lost, and who asked
 * hears nothing.
 */
import type { Clock } from "../../protocol/base/seams.ts";
import { createBucket } from "../../protocol/traffic/bucket.ts";
import type { ByteLimit } from "../../protocol/traffic/byte-limit.ts";
import type { Spending } from "../../protocol/traffic/thrift.ts";

export interface NodeBudget extends Spending {
  /** Takes what a message costs; false, and nothing is taken, where there is too little. */
  pass(bodyBytes: number): boolean;
}

/** What a message costs beside its bytes on real sockets: headers of a packet and its acknowledgement (104), of Noise (18), of yamux (12), and its own frame. */
const MESSAGE_BYTES = 140;

/** One for all sessions of a peer: a restart does not fill it. */
export function createNodeBudget(clock: Pick<Clock, "monotonicMs">, limit: ByteLimit): NodeBudget {
  const bucket = createBucket(clock, limit);
  let spentBytes = 0;
  return {
    limit,
    leftBytes: bucket.leftBytes,
    spentBytes: () => spentBytes,
    pass(bodyBytes) {
      const bytes = bodyBytes + MESSAGE_BYTES;
      if (bytes > bucket.leftBytes()) return false;
      bucket.take(bytes);
      spentBytes += bytes;
      return true;
    },
  };
}
