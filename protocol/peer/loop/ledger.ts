/**
 * The ledger of a privacy budget: what is spent stands on disk before a training begins, whatever becomes of the training. It never shrinks:
 *
 *     a crash, a restart       what was charged was on disk first
 *     a restored backup        every announcement says what was spent in all, and is signed by this peer's own key. Neighbours tell the newest
 *                              that they know before a peer goes on with an old log (account/past.ts). Then spent is
 *                              max(of the store, as told) + what was charged since this process began; what is told of an announcement
 *                              that this process made is in the second already
 *     a copy that ran too      the same: what it spent is told, and what was charged here since the start is added to it
 *     nobody can tell          after a log had to begin anew because the store was moved, or where the store has a log and no ledger,
 *                              nothing is trained until somebody tells an announcement of this peer that goes as far as the store does
 *
 * Where a task has cohorts, a peer announces a mean now and then, and none of its own models, so that no neighbour can tell all that it spent. There a store that was moved, or of which
 * others know an entry that it has not, is trained with no more.
 *
 * Beyond the budget of the task nothing is trained, and so nothing published. Merging what others publish and predicting go on: neither looks at the data.
 *
 * What this cannot see is what account/past.ts cannot see: a machine that was set back as a whole, among neighbours that know it as it was then.
 */
import { createRecentSet, type RecentSet } from "../../base/bounded.ts";
import { toHex } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Store } from "../../base/seams.ts";
import { isSpent, RATE_ONE, type Spent } from "../../base/spent.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { type Task, termsOf } from "../../base/task.ts";
import type { PrivacyStatement } from "../../log/entry/bodies.ts";
import type { BudgetedTraining, NoiseKind, PrivacyTerms } from "../../privacy/mechanism.ts";
import {
  type BudgetState,
  EPSILON_UNIT,
  epsilonSpent,
  mostOfSpent,
  type PrivacyStatus,
  type SavedPrivacy,
  spentOn,
  stepsSpent,
  sumOfSpent,
} from "../../privacy/spent.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isCount } from "../../wire/values.ts";
import type { Reports } from "../reports.ts";

export interface Ledger {
  /** Charges a training of so many optimiser steps; on disk when it resolves with true. False where it may not be done. */
  charge(steps: number): Promise<boolean>;
  /** All that was charged. */
  statement(): PrivacyStatement;
  /** This entry of the log, which is announced, says all that was charged. */
  published(entry: Uint8Array): void;
  /** Others tell of an announcement of this peer, signed by its key, that this was spent. */
  heard(announced: Pick<Announcement, "entry" | "spent">): void;
  /** The log begins anew. @param isMoved see `StorePlace.moved`. @param isTold others know more of the log before, and have told it. */
  begunAnew(isMoved: boolean | undefined, isTold: boolean): void;
  status(): PrivacyStatus;
}

export interface LedgerComponents {
  readonly store: Pick<Store, "get" | "write">;
  readonly reports: Pick<Reports, "tell">;
}

export interface LedgerOptions {
  readonly budget: BudgetedTraining;
  readonly terms: PrivacyTerms;
  readonly kind: NoiseKind;
  /** Optimiser steps of a training at most. */
  readonly stepsOfTraining: number;
  /** Whether the log has entries from before this start. */
  readonly hasPast: boolean;
  /** Whether each training is announced, so that others can tell what was spent. */
  readonly hasWitnesses: boolean;
}

const KEY = `${STORE.privacy}spent`;

interface State {
  /** Of the store, when this process began. */
  readonly atStart: Spent;
  /** Noisy steps of `atStart` that no announcement may tell of. */
  readonly unannounced: number;
  told: Spent;
  /** Charged since. */
  since: Spent;
  sinceAnnounced: number;
  /** Ids of the entries that this process announced, the newest last: who tells of one of them tells of `since`, and of no copy. */
  readonly announced: RecentSet<string>;
  isKnown: boolean;
  isWritten: boolean;
  last: BudgetState | undefined;
}

/** Loads it from the store, or begins one. */
export async function openLedger(components: LedgerComponents, options: LedgerOptions): Promise<Ledger> {
  const saved = decode(await components.store.get(KEY));
  const state: State = {
    atStart: saved?.spent ?? [],
    unannounced: saved?.unannounced ?? 0,
    told: [],
    since: [],
    sinceAnnounced: saved?.unannounced ?? 0,
    announced: createRecentSet(LIMITS.maxOwnAnnounced),
    isKnown: saved === undefined ? !options.hasPast : saved.isKnown,
    isWritten: true,
    last: undefined,
  };
  return {
    charge: (steps) => charge(components, options, state, steps),
    statement: () => statementOf(options, total(state)),
    published(entry) {
      state.sinceAnnounced = 0;
      state.announced.add(toHex(entry));
    },
    heard({ entry, spent }) {
      if (spent !== undefined && !state.announced.has(toHex(entry))) hear(options, state, spent);
    },
    begunAnew(isMoved, isTold) {
      const isTrusted = isMoved === false && (options.hasWitnesses || !isTold);
      if (isTrusted || (isTold && options.hasWitnesses) || hasWitness(options, state)) return;
      state.isKnown = false;
      state.isWritten = false;
    },
    status: () => statusOf(options, state),
  };
}

function total({ atStart, told, since }: State): Spent {
  return sumOfSpent(mostOfSpent(atStart, told), since);
}

function statementOf({ terms }: LedgerOptions, spent: Spent): PrivacyStatement {
  return { epsilon: epsilonSpent(spent, terms.delta), spent };
}

async function charge(
  { store, reports }: LedgerComponents,
  options: LedgerOptions,
  state: State,
  steps: number,
): Promise<boolean> {
  const now = stateOf(options, state, steps);
  if (now === "open") {
    const taken = options.budget.noisySteps(steps);
    state.since = sumOfSpent(state.since, spentOn(options.kind, taken));
    state.sinceAnnounced += taken;
    state.isWritten = false;
  }
  if (!state.isWritten) {
    const record = encodeRecord(RECORDS["privacy/spent"], total(state), state.sinceAnnounced, state.isKnown ? 1 : 0);
    await store.write([{ key: KEY, value: record }]);
    state.isWritten = true;
  }
  if (now !== state.last) reports.tell({ ...statusOf(options, state), kind: "budget", state: now });
  state.last = now;
  return now === "open";
}

function stateOf(options: LedgerOptions, state: State, steps: number): BudgetState {
  if (!state.isKnown) return "unknown";
  const { budget, kind, terms } = options;
  const after = sumOfSpent(total(state), spentOn(kind, budget.noisySteps(steps)));
  return epsilonSpent(after, terms.delta) <= mostOf(terms) ? "open" : "spent";
}

/** In millionths. */
function mostOf({ maxEpsilon = 0 }: PrivacyTerms): number {
  return Math.floor(maxEpsilon / EPSILON_UNIT + 0.5);
}

function hear(options: LedgerOptions, state: State, spent: Spent): void {
  const before = total(state);
  state.told = mostOfSpent(state.told, spent);
  if (stepsSpent(total(state)) > stepsSpent(before)) state.isWritten = false;
  if (state.isKnown || !hasWitness(options, state)) return;
  state.isKnown = true;
  state.isWritten = false;
}

/** Whether what was told goes as far as the store did; the last training may not have been told to anybody. */
function hasWitness(
  { budget, stepsOfTraining, hasWitnesses }: LedgerOptions,
  { told, atStart, unannounced }: State,
): boolean {
  if (!hasWitnesses) return false;
  const last = unannounced + budget.noisySteps(stepsOfTraining);
  return told.length > 0 && stepsSpent(told) >= stepsSpent(atStart) - last;
}

function statusOf(options: LedgerOptions, state: State): PrivacyStatus {
  const { terms, kind, stepsOfTraining } = options;
  const { epsilon, spent } = statementOf(options, total(state));
  return {
    mechanism: terms.mechanism,
    state: stateOf(options, state, stepsOfTraining),
    epsilon: epsilon * EPSILON_UNIT,
    maxEpsilon: mostOf(terms) * EPSILON_UNIT,
    delta: terms.delta,
    steps: stepsSpent(spent),
    noiseMultiplier: kind.noise / 1000,
    rate: kind.rate / RATE_ONE,
  };
}

/** What a store says was spent, of a peer that does not run; undefined where the task has no budget, or nothing is known. */
export async function savedPrivacy(
  store: Pick<Store, "get">,
  task: Pick<Task, "privacy">,
): Promise<SavedPrivacy | undefined> {
  const terms = termsOf(task);
  const saved = decode(await store.get(KEY));
  if (terms === undefined || saved === undefined || !saved.isKnown) return undefined;
  return {
    mechanism: terms.mechanism,
    epsilon: epsilonSpent(saved.spent, terms.delta) * EPSILON_UNIT,
    maxEpsilon: mostOf(terms) * EPSILON_UNIT,
    delta: terms.delta,
    steps: stepsSpent(saved.spent),
  };
}

interface Saved {
  readonly spent: Spent;
  readonly unannounced: number;
  readonly isKnown: boolean;
}

/** A damaged record is none: what was spent then has to be told. */
function decode(bytes: Uint8Array | undefined): Saved | undefined {
  const [spent, unannounced, isKnown] = decodeRecord(bytes, RECORDS["privacy/spent"]) ?? [];
  if (!isSpent(spent) || !isCount(unannounced) || (isKnown !== 0 && isKnown !== 1)) return undefined;
  return { spent, unannounced, isKnown: isKnown === 1 };
}
