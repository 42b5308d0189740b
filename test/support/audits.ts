/** Audited worlds: peers with archives in memory, and audits of their logs. */
import { nodeCrypto } from "../../node/crypto.ts";
import { ruleNamed } from "../../protocol/aggregate/registry.ts";
import { type AuditedEntry, type AuditOptions, type AuditReport, auditLog } from "../../protocol/audit/audit.ts";
import type { Aggregator, Archive } from "../../protocol/seams.ts";
import type { Task } from "../../protocol/task.ts";
import { createMemoryArchive } from "../../sim/archive.ts";
import type { NewPeer } from "../../sim/world.ts";
import { type Crowd, createCrowd, type Member } from "./crowd.ts";

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

export const AGGREGATOR: Aggregator = {
  aggregate: async (rule, parameters, input) => ruleNamed(rule).aggregate(input, parameters),
};

export function audit(entries: readonly AuditedEntry[], task: Task, find: AuditOptions["find"]): Promise<AuditReport> {
  return auditLog(entries, { task, crypto: nodeCrypto, aggregator: AGGREGATOR, find });
}
