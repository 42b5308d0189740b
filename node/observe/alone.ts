/**
 * The model that this peer would have without the others, to compare with: it begins where all peers of the task began, and is trained on the own rows only, with as
 * many steps as the own trainings of the peer took. It is neither sent nor kept. It gets a small share of the engine's time, so it may lag behind.
 *
 * Its figure is the best that it ever had on the hold-out, which flatters it: what the others bring is never overstated.
 */
import type { Metrics, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { PageAlone, PageMetric } from "./messages.ts";

export interface Alone {
  /** Goes on for a moment, where it is due and `steps` are more than it took; one at a time. */
  advance(steps: number): Promise<void>;
  now(): Omit<PageAlone, "of">;
}

/** Of the engine's time. */
const SHARE = 0.1;
/** The peer waits for its engine no longer than this. */
const CHUNK_MS = 150;

export interface AloneOptions {
  readonly trainer: Pick<Trainer, "fit" | "evaluate">;
  readonly task: Pick<Task, "training">;
  /** The parameters with which all models of the task begin; asked for once, when they are needed. */
  readonly begin: () => Promise<Float32Array>;
  readonly metric: Pick<PageMetric, "name" | "lowerIsBetter">;
  /** Never set back, ms. */
  readonly monotonicMs: () => number;
}

export function createAlone({ trainer, task, begin, metric, monotonicMs }: AloneOptions): Alone {
  let params: Float32Array | undefined;
  let taken = 0;
  let best: number | null = null;
  let [busy, dueMs, stepMs] = [false, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  async function train(most: number): Promise<void> {
    const wanted = Math.max(task.training.steps, Math.floor(CHUNK_MS / stepMs));
    const steps = Math.min(most, wanted);
    params ??= await begin();
    const startedMs = monotonicMs();
    const fitted = await trainer.fit({ params, steps, seed: `alone/${taken}`, age: taken });
    stepMs = Math.max(1e-3, (monotonicMs() - startedMs) / steps);
    params = fitted.params;
    taken += steps;
    best = betterOf(best, (await trainer.evaluate(params, "holdout"))[metric.name], metric);
    dueMs = monotonicMs() + (monotonicMs() - startedMs) * (1 / SHARE - 1);
  }

  return {
    now: () => ({ figure: best, steps: taken }),
    async advance(steps) {
      if (busy || steps <= taken || monotonicMs() < dueMs) return;
      busy = true;
      try {
        await train(steps - taken);
      } catch {
        dueMs = Number.POSITIVE_INFINITY; // the engine has gone: what was found stands
      } finally {
        busy = false;
      }
    },
  };
}

function betterOf(
  best: number | null,
  next: Metrics[string],
  { lowerIsBetter }: AloneOptions["metric"],
): number | null {
  if (next === undefined || !Number.isFinite(next)) return best;
  if (best === null) return next;
  return lowerIsBetter ? Math.min(best, next) : Math.max(best, next);
}
