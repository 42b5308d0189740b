/** Releases in words. */

import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import { metricsOf } from "../../../protocol/peer/release/releases.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { OBSTACLES } from "../../../protocol/release/obstacles.ts";
import { openTask } from "../../disk/state-dir.ts";

/** What may stand in a gate of the task of a state directory, and which of it is a share, from 0 to 1. */
export async function loadGateMetrics(
  state: string,
): Promise<{ readonly metrics: readonly string[]; readonly shares: readonly string[] }> {
  const { task } = await openTask(state);
  const metrics = metricsOf(task.output.kind);
  return { metrics, shares: task.output.kind === "regression" ? [] : metrics.filter((name) => name !== "loss") };
}

export function figuresText(figures: Readonly<Record<string, number>>): string {
  const known = [...METRICS.values()].filter(({ name }) => figures[name] !== undefined);
  return (
    known.map(({ name, label, format }) => `${label} ${format(figures[name] as number)}`).join(", ") || "no hold-out"
  );
}

export function servingText({ serving, obstacle }: ReleaseStatus): string {
  const now = serving === null ? "nothing" : serving.name;
  return obstacle === null ? now : `${now}; the ordered one waits: ${OBSTACLES[obstacle]}`;
}
