/**
 * What is lost. Messages: for good, each with the same chance, as where a process dies or a queue is full. Packets: TCP sends
 * them again, which costs time.
 *
 * A message is n = bytes / 1400 segments, each lost with chance p whenever it is sent. The k-th time in a row that a segment is
 * lost costs one more time-out of min(200 x 2^(k-1), 60,000) ms: exponential back-off as in RFC 6298, 5.5 and 2.5, from the
 * 200 ms that are the least in Linux (RFC 6298, 2.4, asks for 1 s). Segments wait side by side, so the message is late by the worst of
 * n: K losses in a row with P(K <= k) = (1 - p^(k+1))^n, one draw whatever n. After 15 (Linux: tcp_retries2) it is lost.
 *
 * A bound from above for small p, where TCP repairs most losses in one round trip (fast retransmit); it does not slow the line
 * down afterwards (congestion control), nor does one message hold up the next of its connection.
 */
import { log, power } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { NetworkSpec } from "./schema.ts";

export interface Loss {
  /** How often a byte is sent on average: 1 / (1 - p). The sender's line carries so many times the bytes. */
  readonly sendings: number;
  /** Milliseconds that one message is late, or undefined where it is lost. */
  delayMs(bytes: number): number | undefined;
}

const SEGMENT_BYTES = 1400;
const FIRST_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 60_000;
const MAX_RETRIES = 15;

/** Entry k: the time-outs of k losses in a row together. */
const LATE_MS: readonly number[] = Array.from({ length: MAX_RETRIES + 1 }, (_, losses) => {
  let ms = 0;
  for (let k = 0; k < losses; k++) ms += Math.min(FIRST_TIMEOUT_MS * power(2, k), MAX_TIMEOUT_MS);
  return ms;
});

/** Whether losses are drawn: else one model serves all senders. */
export function drawsLoss({ messages, packets }: NetworkSpec["loss"]): boolean {
  return messages > 0 || packets > 0;
}

export function createLoss({ messages, packets }: NetworkSpec["loss"], rng: Rng): Loss {
  const logPackets = log(packets);

  /** K of the module's comment, by inversion: the least k with u <= (1 - p^(k+1))^n. */
  function worstLosses(segments: number): number {
    const oneOfThem = 1 - power(rng.uniform(), 1 / segments); // u = 0 gives 1 -> K = 0; u -> 1 gives 0 -> K grows
    return Math.max(0, Math.ceil(log(oneOfThem) / logPackets) - 1);
  }

  return {
    sendings: 1 / (1 - packets),
    delayMs(bytes) {
      if (messages > 0 && rng.uniform() < messages) return undefined;
      if (packets === 0) return 0;
      return LATE_MS[worstLosses(Math.max(1, Math.ceil(bytes / SEGMENT_BYTES)))];
    },
  };
}
