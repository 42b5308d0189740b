/** What a peer gives up for its budget, in words. */
import { formatBytes, formatNumber } from "../base/figures.ts";
import type { ThriftStatus } from "./thrift.ts";

/**
 * One clause for each thing; none where the budget is wide enough.
 *
 * @example
 * import { givenUp } from "hearsay/protocol/traffic/words";
 * givenUp({ intervalMs: 90000, models: 8, trainings: 1, modelBytes: 7000, usualMs: 1000, usualModels: 8 }); // -> ["merges every 1.5 min instead of every 1 s"]
 */
export function givenUp(status: ThriftStatus): string[] {
  const { intervalMs, models, trainings, modelBytes, usualMs, usualModels } = status;
  if (intervalMs === undefined)
    return [`trains alone until there is enough for a merge, of which a model costs ${formatBytes(modelBytes)} in all`];
  const clauses: string[] = [];
  if (intervalMs > usualMs)
    clauses.push(`merges every ${durationText(intervalMs)} instead of every ${durationText(usualMs)}`);
  if (models < usualModels) clauses.push(`${models} models a merge instead of ${usualModels}`);
  if (trainings > 1) clauses.push(`announces one training of ${trainings}`);
  return clauses;
}

function durationText(ms: number): string {
  if (ms < 60_000) return `${formatNumber(ms / 1000, 2)} s`;
  if (ms < 3_600_000) return `${formatNumber(ms / 60_000, 2)} min`;
  return `${formatNumber(ms / 3_600_000, 2)} h`;
}
