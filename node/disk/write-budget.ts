/**
 * How much may be written to a disk: so many bytes a minute in the mean. It may leave a debt, so that large merges are kept now and then
 * instead of never. Half of what can be saved up is for merges alone: else each publication would take what the merge after it needs.
 */
import type { Clock } from "../../protocol/base/seams.ts";

/** Minutes of the budget that may be saved up. */
const BURST_MINUTES = 16;

export interface WriteBudget {
  /** Whether anything may be written now, of whatever size. */
  allows(isMerge: boolean): boolean;
  spend(bytes: number): void;
}

export function createWriteBudget(bytesPerMinute: number, clock: Pick<Clock, "monotonicMs">): WriteBudget {
  const maxBytes = bytesPerMinute * BURST_MINUTES;
  let bytes = maxBytes;
  let refilledMs = clock.monotonicMs();
  return {
    allows(isMerge) {
      const nowMs = clock.monotonicMs();
      const earned = (Math.max(0, nowMs - refilledMs) * bytesPerMinute) / 60_000;
      refilledMs = nowMs;
      bytes = Math.min(maxBytes, bytes + earned);
      return bytes > (isMerge ? 0 : maxBytes / 2);
    },
    spend(spent) {
      bytes -= spent;
    },
  };
}
