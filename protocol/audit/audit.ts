/**
 * Audit by re-execution: reads a log whose chain and signatures hold, and the models that it names as far as they can be had, and does
 * again what the entries say was done.
 *
 *     train       claimed: it continues the model before, and its age follows. That anything was trained is the peer's word; that it was moved as it
 *                 should be is repeated.
 *     publish     proved: the body is encode(release(trained)), to the bit, where mechanism and codec can be repeated; claimed: the body is a model of
 *                 the task, released by a mechanism with secret randomness, of a training that the log names.
 *     aggregate   proved: the same inputs, rule and weights give the same parameters, to the bit, and the same statuses.
 *     resume      proved: the log knew that model, at that age; of the first after a genesis, an earlier log of the peer did.
 *
 * `claimed` is what fits and cannot be done again; `missing` is what could not be judged, since a model was not to be had; `refuted` is what is false, whoever looks: the log itself, which
 * its owner signed, is the evidence. One pass, and memory for the models of one merge.
 */

import type { EntryType } from "../log/entry/bodies.ts";
import { type AuditedEntry, createExaminer, type ExaminerOptions, examine, type Finding } from "./examine.ts";
import type { PrivacyClaim } from "./privacy-claims.ts";
import { BudgetSpent, type Spent } from "./work-budget.ts";

export interface AuditOptions extends ExaminerOptions {
  /** Hears of every entry that has been judged. */
  readonly onEntry?: (entries: number) => void;
}

/** Entries of one type. */
export interface AuditTally {
  readonly proved: number;
  readonly claimed: number;
  readonly missing: number;
  readonly refuted: number;
}

export type AuditedType = Exclude<EntryType, "genesis" | "end" | "vertical">;

export interface Lie {
  readonly seq: number;
  readonly type: AuditedType;
  /** Completes "entry n: ...". */
  readonly reason: string;
}

export interface AuditReport {
  readonly entries: number;
  readonly tallies: Readonly<Record<AuditedType, AuditTally>>;
  readonly firstLie?: Lie;
  /** What the newest training says of a privacy budget: accounted again, that there was noise is claimed. */
  readonly privacy?: PrivacyClaim;
  /** The budget that ended before the log did: of the entries from `entries` on nothing is known. */
  readonly spent?: Spent;
}

/** What no log can prove, for people. */
export const UNPROVABLE: readonly string[] = [
  "that local training was honest: on which data, with which steps, or whether anything was trained at all",
  "which models the peer pulled or could have pulled, and left out of its log as if it had never seen them",
  "that models it names invalid were so, and those it names too stale had waited for so many of its cycles",
  "the ages that other peers claimed, and the times of entries",
];

/**
 * Audits the entries of one log, from its genesis on, verified before.
 * @throws RangeError where the task is not that of the log: nothing can be said then.
 */
export async function auditLog(
  entries: AsyncIterable<AuditedEntry> | Iterable<AuditedEntry>,
  options: AuditOptions,
): Promise<AuditReport> {
  const { meter, onEntry } = options;
  const examiner = createExaminer(options);
  const tallies: Record<AuditedType, Record<Finding["kind"], number>> = {
    train: emptyTally(),
    publish: emptyTally(),
    aggregate: emptyTally(),
    resume: emptyTally(),
  };
  let size = 0;
  let firstLie: Lie | undefined;
  let spent: Spent | undefined;
  try {
    for await (const entry of entries) {
      meter?.entry();
      const finding = await examine(examiner, entry);
      if (entry.type !== "genesis" && entry.type !== "end" && entry.type !== "vertical") {
        tallies[entry.type][finding.kind]++;
        if (finding.kind === "refuted") firstLie ??= { seq: entry.seq, type: entry.type, reason: finding.reason };
      }
      size += 1;
      onEntry?.(size);
    }
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    spent = error.what;
  }
  const privacy = examiner.lineage.privacy();
  return {
    entries: size,
    tallies,
    ...(privacy && { privacy }),
    ...(firstLie && { firstLie }),
    ...(spent && { spent }),
  };
}

function emptyTally(): Record<Finding["kind"], number> {
  return { proved: 0, claimed: 0, missing: 0, refuted: 0 };
}
