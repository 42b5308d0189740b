/**
 * Trainings by a trainer that may fail: a process of its own that has ended, hangs or answers nonsense (ERR_TRAINER). The peer goes on without one, merges what
 * others publish, and asks again: after a second, then after twice as long each time, `LIMITS.trainerRetryMs.most` at most. Any other error is one for good.
 */
import { isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock } from "../../base/seams.ts";
import type { Reports } from "../reports.ts";
import type { Fit } from "./hidden-fit.ts";

/** Why there is no training now. */
export interface TrainingFault {
  readonly message: string;
  /** Trainings that failed, one after another. */
  readonly failures: number;
  /** Until the trainer is asked again; 0 where it is being asked. */
  readonly retryInMs: number;
}

export interface EnduringFit {
  readonly fit: Fit;
  /** Undefined while trainings succeed. */
  fault(): TrainingFault | undefined;
}

export interface EnduringFitComponents {
  readonly fit: Fit;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly reports: Pick<Reports, "tell">;
}

export function createEnduringFit({ fit, clock, reports }: EnduringFitComponents): EnduringFit {
  const { least, most } = LIMITS.trainerRetryMs;
  let failed: (Omit<TrainingFault, "retryInMs"> & { readonly retryMs: number; readonly againMs: number }) | undefined;
  return {
    fault() {
      if (failed === undefined) return undefined;
      const { message, failures, againMs } = failed;
      return { message, failures, retryInMs: Math.max(0, againMs - clock.monotonicMs()) };
    },
    async fit(request) {
      if (failed !== undefined && clock.monotonicMs() < failed.againMs) return undefined;
      try {
        const result = await fit(request);
        if (failed !== undefined && result !== undefined) {
          reports.tell({ kind: "trainer", state: "well", failures: failed.failures });
          failed = undefined;
        }
        return result;
      } catch (error) {
        if (!isHearsayError(error, "ERR_TRAINER")) throw error;
        const failures = (failed?.failures ?? 0) + 1;
        const retryMs = Math.min(most, failed === undefined ? least : 2 * failed.retryMs);
        failed = { message: error.message, failures, retryMs, againMs: clock.monotonicMs() + retryMs };
        reports.tell({ kind: "trainer", state: "failed", failures, message: error.message, retryMs });
        return undefined;
      }
    },
  };
}
