/** Audited worlds: peers with archives in memory, and audits of their logs. */
import { nodeCrypto } from "../../node/crypto.ts";
import { plainAggregator } from "../../protocol/aggregate/registry.ts";
import { type AuditOptions, type AuditReport, auditLog } from "../../protocol/audit/audit.ts";
import type { AuditedEntry } from "../../protocol/audit/examine.ts";
import type { Archive } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { NewPeer } from "../../sim/run/world.ts";
import { type Crowd, createCrowd, type Member } from "./crowd.ts";
import { createMemoryArchive } from "./memory-archive.ts";

export interface AuditedCrowd {
  readonly crowd: Crowd;
  /** Of each member, in the order of their numbers. */
  readonly archives: readonly Archive[];
  join(number: number, changes?: Partial<NewPeer>): Promise<Member>;
}

export function createAuditedCrowd(task: Task, minCycleMs = 200): AuditedCrowd {
  const crowd = createCrowd({ task, minCycleMs });
  const archives: Archive[] = [];
  return {
    crowd,
    archives,
    join(number, changes = {}) {
      const archive = archives[number] ?? createMemoryArchive();
      archives[number] = archive;
      return crowd.join(number, { trainMs: 120 + 40 * number, archive, ...changes });
    },
  };
}

/** A rule of each kind: what a merge with them says of itself must be enough to repeat it. */
export const AUDITED_RULES: readonly Readonly<Record<string, unknown>>[] = [
  { rule: "guarded-median" },
  { rule: "weighted-median", blend: 0.5 },
  { rule: "mean" },
  { rule: "nna", parameters: { f: 0.1 } },
  { rule: "balance+mean", parameters: { gamma: 1, kappa: 3, horizon: 100 } },
];

export function audit(
  entries: readonly AuditedEntry[],
  task: Task,
  find: AuditOptions["find"],
  more: Pick<AuditOptions, "mechanisms" | "meter"> = {},
): Promise<AuditReport> {
  return auditLog(entries, { task, crypto: nodeCrypto, aggregator: plainAggregator, find, ...more });
}
