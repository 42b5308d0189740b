/** `hearsay up --until`: the condition of the owner, and the figures that it is held against. */
import type { Task } from "../../../protocol/base/task.ts";
import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import { figureOf } from "../../../protocol/learn/stream/prequential.ts";
import { createUntil, type Figures, type Until } from "../../../protocol/learn/stream/until.ts";
import type { ApiSource, StatusReport } from "../../api/api.ts";
import { wallClock } from "../../clock.ts";

const LOOK_EVERY_MS = 1_000;

/** What a condition may name of a task. */
export function figuresOf(task: Pick<Task, "output">): string[] {
  return ["loss", ...metricsOf(task), "age", "cycles"];
}

/** Metrics of its hold-out and of its stream. Of a classification all are shares of its rows. */
function metricsOf({ output }: Pick<Task, "output">): string[] {
  const metrics = [...METRICS.values()].filter(({ kind }) => kind === output.kind).map(({ name }) => name);
  return [...metrics, "prequential"];
}

/** @throws HearsayError ERR_CONFIG with the place of what cannot be read. */
export function untilOf(text: string | undefined, task: Pick<Task, "output">): Until | undefined {
  if (text === undefined) return undefined;
  const { name: figure, lowerIsBetter } = figureOf(task.output);
  const shares = task.output.kind === "classification" ? metricsOf(task) : [];
  return createUntil(text, wallClock, { figures: figuresOf(task), shares, best: { figure, lowerIsBetter } });
}

/** Resolves when the condition holds; never where there is none, or when the peer has ended. */
export function whenMet(until: Until | undefined, { status }: Pick<ApiSource, "status">): Promise<void> {
  const met = Promise.withResolvers<void>();
  if (until === undefined) return met.promise;
  const look = async () => {
    if (until.look(figuresIn(await status()))) met.resolve();
    else setTimeout(again, LOOK_EVERY_MS).unref();
  };
  const again = () => void look().catch(() => setTimeout(again, LOOK_EVERY_MS).unref()); // the peer is ending, say
  again();
  return met.promise;
}

function figuresIn({ holdout, stream, age, cycle }: StatusReport): Figures {
  return { ...holdout, prequential: stream?.prequential.value ?? undefined, age, cycles: cycle };
}
