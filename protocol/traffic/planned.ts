/**
 * A budget that is planned with and not enforced. It counts what the peer itself decides to move, and nothing that others send. So strangers cannot use it
 * up, as they can a bound on all that passes. It begins anew with each start.
 */
import type { Clock } from "../base/seams.ts";
import { createBucket } from "./bucket.ts";
import type { ByteLimit } from "./byte-limit.ts";
import type { Spending } from "./thrift.ts";

/** @returns what a plan spends (thrift.ts) */
export function createPlanned(clock: Pick<Clock, "monotonicMs">, limit: ByteLimit): Spending {
  const bucket = createBucket(clock, limit);
  let planned = 0;
  return {
    limit,
    leftBytes: bucket.leftBytes,
    spentBytes: () => planned,
    plan(bytes) {
      planned += bytes;
      bucket.take(bytes);
    },
  };
}
