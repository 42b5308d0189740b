/**
 * How a peer plans with a budget of bytes, long before the sockets would have to wait for it.
 *
 *     cost       what a model of a merge costs in all: pulled, and served to others, with everything that went meanwhile; a moving mean of what was measured
 *     rate       what flows into the bucket, and what is in it spread over the span of the budget; of a full one a hundredth may go within a minute, so
 *                that a peer is quick while it is young
 *     interval   from merge to merge: k x cost / rate, but no shorter than a cycle
 *     k          what the task says, while merges are no rarer than WANTED_MS; then fewer, down to the quorum
 *     cycles     no longer than LONGEST_MS: in between the peer trains on, and neither announces nor pulls
 *
 * Fewer models make a merge weaker against liars, rarer merges only make it later: so k goes last.
 */
import type { Clock } from "../base/seams.ts";
import { type Bucket, rateOf } from "./bucket.ts";

/** What may still be spent. */
export interface Spending extends Pick<Bucket, "limit" | "leftBytes"> {
  /** What went since the start. */
  spentBytes(): number;
  /** Hears what a merge will cost, where nobody counts what passes (planned.ts). */
  plan?(bytes: number): void;
}

/** What a cycle may do. */
export interface CyclePlan {
  /** Its shortest time. */
  readonly minCycleMs: number;
  /** Models that are pulled at most; 0: nothing is pulled or announced. */
  readonly most: number;
  /** Whether the budget allows less than a peer without a budget would do. */
  readonly isLimited: boolean;
}

/** What a peer gives up for its budget. */
export interface ThriftStatus {
  /** From merge to merge; undefined where the budget is too small for one. */
  readonly intervalMs: number | undefined;
  /** Models of a merge. */
  readonly models: number;
  /** Trainings of which one is announced. */
  readonly trainings: number;
  /** Bytes that a model of a merge costs. */
  readonly modelBytes: number;
  /** Shortest cycle, and models of a merge, without a budget. */
  readonly usualMs: number;
  readonly usualModels: number;
}

export interface Thrift {
  /** What the cycle that begins now may do. */
  begin(): CyclePlan;
  /** Undefined where nothing is limited. */
  status(): ThriftStatus | undefined;
  /** From merge to merge in the long run, ms; undefined where nothing is limited, or what others send does not count. */
  mergeEveryMs(): number | undefined;
}

export interface ThriftComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Of the tightest budget in use; undefined where none is. */
  readonly spending: () => Spending | undefined;
}

export interface ThriftOptions {
  readonly minCycleMs: number;
  /** K: models of a merge. */
  readonly inboxSize: number;
  readonly quorum: number;
  /** Of a model. */
  readonly bodyBytes: number;
  /** Hears what is given up, where that has changed much. */
  readonly changed?: (status: ThriftStatus) => void;
}

/** Merges that are rarer than this have fewer models. */
const WANTED_MS = 1_800_000;
/** Trainings are no rarer than this. */
const LONGEST_MS = 900_000;
/** What a pull moves beside the body, before anything was measured: proof, announcements, headers. */
const BESIDE_BYTES = 1500;
/** The last hundredth of a full bucket may go so quickly. */
const QUICK_SHARE = 0.01;
const QUICK_MS = 60_000;
/** Weight of the last measurement. */
const NEWEST = 0.3;
/** An interval that has changed by so much is told of. */
const MUCH = 2;

interface State extends ThriftComponents, ThriftOptions {
  budget: Spending | undefined;
  modelBytes: number;
  /** When the next merge may be, and what had gone when the last began. */
  nextMs: number;
  spentBytes: number | undefined;
  last: ThriftStatus | undefined;
  /** Of what was told last. */
  told: ThriftStatus | undefined;
  cycleMs: number;
}

export function createThrift(components: ThriftComponents, options: ThriftOptions): Thrift {
  const state: State = {
    ...components,
    ...options,
    budget: undefined,
    modelBytes: 0,
    nextMs: 0,
    spentBytes: undefined,
    last: undefined,
    told: undefined,
    cycleMs: 0,
  };
  return {
    begin: () => begin(state),
    status: () => state.last,
    mergeEveryMs: () => mergeEveryMs(state),
  };
}

/** What flows in is all that there is, in the long run. */
function mergeEveryMs(state: State): number | undefined {
  const budget = budgetNow(state);
  if (budget === undefined || budget.plan !== undefined) return undefined;
  const bytesPerMs = rateOf(budget.limit).perSecond / 1000;
  return Math.max(state.minCycleMs, (modelsAt(state, bytesPerMs) * state.modelBytes) / bytesPerMs);
}

/** Models of a merge: fewer than k where merges were too rare else, no fewer than the quorum. */
function modelsAt({ inboxSize, quorum, modelBytes }: State, bytesPerMs: number): number {
  const wanted = Math.floor((WANTED_MS * bytesPerMs) / modelBytes);
  return Math.min(Math.max(wanted, quorum), inboxSize);
}

function budgetNow(state: State): Spending | undefined {
  const budget = state.spending();
  if (budget !== state.budget) startAnew(state, budget);
  return budget;
}

function begin(state: State): CyclePlan {
  const { clock, minCycleMs, inboxSize } = state;
  const budget = budgetNow(state);
  if (budget === undefined) return { minCycleMs, most: inboxSize, isLimited: false };
  const nowMs = clock.monotonicMs();
  if (nowMs < state.nextMs) return { minCycleMs: state.cycleMs, most: 0, isLimited: true };
  learnCost(state, budget);
  return talk(state, budget, nowMs);
}

/** Another link, or the first: what was measured does not hold for it. */
function startAnew(state: State, budget: Spending | undefined): void {
  state.budget = budget;
  state.modelBytes = 2 * (state.bodyBytes + BESIDE_BYTES);
  state.nextMs = 0;
  state.spentBytes = undefined;
  state.last = undefined;
}

/** All that went since the last merge began, by the models that it might have had. */
function learnCost(state: State, budget: Spending): void {
  const { spentBytes, last } = state;
  if (spentBytes === undefined || last === undefined || last.models === 0) return;
  const cost = (budget.spentBytes() - spentBytes) / last.models;
  state.modelBytes += NEWEST * (cost - state.modelBytes);
}

function talk(state: State, budget: Spending, nowMs: number): CyclePlan {
  const { minCycleMs, inboxSize, quorum, modelBytes } = state;
  const left = Math.max(0, budget.leftBytes());
  const bytesPerMs = rateWith(budget, left);
  const models = Math.min(modelsAt(state, bytesPerMs), Math.floor(left / modelBytes));
  if (models < Math.min(quorum, inboxSize)) return saveUp(state, nowMs);
  const intervalMs = Math.max(minCycleMs, (models * modelBytes) / bytesPerMs);
  const trainings = Math.max(1, Math.ceil(intervalMs / LONGEST_MS));
  state.cycleMs = Math.max(minCycleMs, intervalMs / trainings);
  state.nextMs = nowMs + intervalMs - state.cycleMs / 2; // a timer may be early
  state.spentBytes = budget.spentBytes();
  budget.plan?.(models * modelBytes);
  settle(state, { intervalMs, models, trainings, modelBytes });
  return { minCycleMs: state.cycleMs, most: models, isLimited: intervalMs > minCycleMs || models < inboxSize };
}

/** What may be spent, bytes a ms. */
function rateWith({ limit }: Spending, left: number): number {
  const { burst, perSecond } = rateOf(limit);
  const quick = Math.max(0, left - (1 - QUICK_SHARE) * burst) / QUICK_MS;
  return perSecond / 1000 + left / limit.perMs + quick;
}

/** There is too little for a merge: the peer trains on alone, and looks again in the next cycle. */
function saveUp(state: State, nowMs: number): CyclePlan {
  const { minCycleMs, modelBytes } = state;
  state.cycleMs = Math.max(minCycleMs, LONGEST_MS);
  state.nextMs = nowMs;
  state.spentBytes = undefined;
  settle(state, { intervalMs: undefined, models: 0, trainings: 0, modelBytes });
  return { minCycleMs: state.cycleMs, most: 0, isLimited: true };
}

/** From now on this is what the budget allows; told where it is much less or more than what was told before. */
function settle(state: State, now: Omit<ThriftStatus, "usualMs" | "usualModels">): void {
  const { minCycleMs, inboxSize, told, changed } = state;
  const status = { ...now, usualMs: minCycleMs, usualModels: inboxSize };
  state.last = status;
  const before = told ?? { ...status, intervalMs: minCycleMs, models: inboxSize };
  if (status.models === before.models && !isMuch(status.intervalMs, before.intervalMs)) return;
  state.told = status;
  changed?.(status);
}

function isMuch(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  return Math.max(a, b) >= MUCH * Math.min(a, b);
}
