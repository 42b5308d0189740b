/**
 * The loop: it walks an update down the road of stages.ts, and writes what the stages return.
 *
 *     train -> release -> encode -> publish -> wait a little -> weigh -> merge -> write -> train ...
 *
 * A stage calls nothing here. What is on disk when a cycle ends: the log entries, the model, and what was remembered of others meanwhile.
 */
import { drawsLots } from "../../aggregate/registry.ts";
import { bytesOf } from "../../base/bytes.ts";
import type { ArchivedBlob, StoreChange } from "../../base/seams.ts";
import { initialParams } from "../../learn/tensors.ts";
import { lotOf } from "../../log/entry/lot.ts";
import { none } from "../../privacy/none.ts";
import type { Accountability } from "../account/accountability.ts";
import type { Past } from "../account/past.ts";
import type { MergedParent, PeerContext } from "../context.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { Inbound } from "../inbound/inbound.ts";
import { euclideanNorm } from "../inbound/validate.ts";
import { rememberMerge } from "../memory/history.ts";
import type { Fate, Merged, ModelState, Own, Trained } from "../stages.ts";
import { createCatchUp } from "./catch-up.ts";
import { encode } from "./encode.ts";
import { merge } from "./merge.ts";
import { createPace } from "./pace.ts";
import { publish } from "./publish.ts";
import { release } from "./release.ts";
import { blendServing, type SavedState, savedStateChanges } from "./state.ts";
import { train } from "./train.ts";
import { sortOut, weigh } from "./weigh.ts";

export interface LoopOptions {
  /** What the store had; undefined where it is new. */
  readonly saved: SavedState | undefined;
  readonly minCycleMs: number;
  readonly inbound: Inbound;
  readonly shelf: BlobShelf;
  /** Where authors answer for their logs. */
  readonly accountable?: Accountability;
  /** Where others may know more of the own log than the store. */
  readonly past?: Past;
}

export interface Loop {
  /** One cycle after another until the peer ends. */
  run(): Promise<void>;
  /** As it is on disk. */
  state(): SavedState;
  /** The newest announcement, for hellos. */
  latest(): Uint8Array | undefined;
}

/** What changes from cycle to cycle. */
interface Progress {
  state: SavedState;
  /** Whether the log says from which model this start goes on. */
  resumed: boolean;
  /** The newest publication of this start. */
  published?: { readonly announcement: Uint8Array; readonly blob: ArchivedBlob };
  /** To be written once it is settled how the log goes on: from then on the store is at home here. */
  readonly arrival: StoreChange[];
  /** To be written with the next change. */
  readonly due: StoreChange[];
}

/** A loop from the saved state on, or from the task's initial model. */
export function createLoop(context: PeerContext, options: LoopOptions): Loop {
  const { task, clock, signal } = context;
  const { saved, minCycleMs, inbound } = options;
  const start = initialParams(task.tensors, task.seed);
  const startNorm = euclideanNorm(start);
  const pace = createPace(clock, minCycleMs, signal);
  const catchUp = createCatchUp(context);
  const progress: Progress = {
    state: saved ?? { params: start, serving: start, age: 0, cycle: 0 },
    resumed: saved === undefined,
    arrival: [...(context.place?.changes ?? [])],
    due: [],
  };

  async function oneCycle(): Promise<void> {
    const { state } = progress;
    const cycle = state.cycle + 1;
    const mergeInMs = pace.begin();
    inbound.beginCycle(cycle, Math.max(euclideanNorm(state.params), startNorm), mergeInMs);
    const own = await trainOnce(context, state, cycle);
    pace.trained();
    const mayLog = await resume(context, options, progress);
    if (mayLog && own.kind === "trained") await send(context, options, progress, own);
    await pace.shortest(inbound);
    inbound.drawNow(); // one long training (a device that slept) raises the mean for many cycles
    await pace.longest(inbound);
    const enough = mayLog && inbound.fresh() >= task.aggregation.quorum && !signal.aborted;
    const merged = enough && (await mergeInbox(context, options, progress, { own, cycle, catchUp }));
    if (merged) return;
    const next = after(progress.state, own, cycle);
    await context.store.write(changesFor(options, progress, next));
    progress.state = next; // on disk before anyone can see it: after a crash no figure goes back
    const { quorum } = task.aggregation;
    context.observe?.({ kind: "alone", cycle, candidates: inbound.fresh(), quorum });
  }

  return {
    async run() {
      while (!signal.aborted) await oneCycle();
    },
    state: () => progress.state,
    latest: () => progress.published?.announcement,
  };
}

async function trainOnce(context: PeerContext, state: SavedState, cycle: number): Promise<Own> {
  const { clock, counters, identity, task } = context;
  const startedMs = clock.monotonicMs();
  const own = await train(context, state, `${task.seed}/${identity.peerId}/${state.age}/${cycle}`);
  if (own.kind === "diverged") {
    counters.diverged++;
    context.observe?.({ kind: "diverged", cycle });
  } else {
    const { age, loss } = own;
    context.observe?.({ kind: "trained", cycle, age, loss, trainMs: clock.monotonicMs() - startedMs });
  }
  return own;
}

/** Before the first entry of a start, or of a new generation: the parameters that it goes on from. False where nothing may be logged yet. */
async function resume({ log, hashOf }: PeerContext, { past }: LoopOptions, progress: Progress): Promise<boolean> {
  const settled = await past?.settle();
  if (settled === "waiting") return false;
  progress.due.push(...progress.arrival.splice(0));
  if (progress.resumed && settled !== "new log") return true;
  const { params, age } = progress.state;
  await log.append([{ type: "resume", body: { params: hashOf(params), age } }]);
  progress.resumed = true;
  return true;
}

/** Served from the moment that the log entry is on disk. */
async function send(context: PeerContext, options: LoopOptions, progress: Progress, own: Trained): Promise<void> {
  const { task, taskId, codec, crypto, archive, transport, names, counters } = context;
  const encoded = encode(release(own, none, task), task.codec, codec, crypto);
  const published = await publish(context, encoded, { taskId, engine: context.trainer.engine });
  const { announcement, entry } = published;
  const blob = { hash: encoded.hash, bytes: encoded.body };
  progress.published = { announcement, blob };
  options.shelf.offer(blob);
  void archive?.put([blob]);
  options.accountable?.published(entry);
  counters.published++;
  context.observe?.({ kind: "published", model: blob.hash, age: own.age, bytes: blob.bytes.length });
  await transport.announce(names.announce, announcement);
}

interface MergeOf {
  readonly own: Own;
  readonly cycle: number;
  readonly catchUp: ReturnType<typeof createCatchUp>;
}

/** Merges what came, and writes what comes of it; false where there is too little, or more should be waited for. */
async function mergeInbox(
  context: PeerContext,
  options: LoopOptions,
  progress: Progress,
  { own, cycle, catchUp }: MergeOf,
): Promise<boolean> {
  const { task, hashOf, identity, log } = context;
  const { cutoff } = task.staleness;
  const taken = options.inbound.take();
  const sorted = sortOut(weigh(task, taken.candidates, own.age, cycle), cutoff);
  if (sorted.eligible.length < task.aggregation.quorum) return false;
  const start = await catchUp.begin(own, sorted, cycle);
  if (start === "wait") return false;
  const draws = options.accountable !== undefined && drawsLots(task.aggregation.rule);
  const lot = draws && { lot: lotOf(log.logId, hashOf(own.params), identity) };
  const merged = await merge(context, { own, ...start, invalid: taken.invalid, ...lot });
  if (merged === undefined) return false;
  await writeMerge(context, options, progress, merged, cycle);
  catchUp.done();
  options.inbound.merged(taken, ({ announced }) => cycle - announced.firstSeenCycle < cutoff);
  observeMerge(context, merged, cycle);
  return true;
}

async function writeMerge(
  context: PeerContext,
  options: LoopOptions,
  progress: Progress,
  merged: Merged,
  cycle: number,
): Promise<void> {
  const { clock, log, hashOf, archive } = context;
  const next = after(progress.state, merged, cycle);
  const { own, rule, entry, fates, inputs } = merged;
  const memory = { cycle, tsMs: clock.now(), rule, parents: fates.map(remembered) };
  await log.append(
    [entry],
    [...changesFor(options, progress, next), ...(context.explain ? [rememberMerge(memory)] : [])],
  );
  progress.state = next;
  // What an audit of the merge needs of this peer: the body that it published (of before, where training diverged), and the base.
  const base = { hash: hashOf(own.base), bytes: bytesOf(own.base) };
  const mine = progress.published ? [progress.published.blob, base] : [base];
  void archive?.put(
    mine,
    inputs.map(({ announced, body }) => ({ hash: announced.model, bytes: body })),
  );
}

function observeMerge(context: PeerContext, { rule, age, fates, inputs }: Merged, cycle: number): void {
  for (const { status } of fates) context.counters[status]++;
  context.counters.merges++;
  const parents = fates.flatMap((fate) => told(fate) ?? []);
  context.observe?.({ kind: "merged", cycle, rule, candidates: inputs.length, age, parents });
}

function remembered({ announced, status, explanation }: Fate) {
  return { publicKey: announced.publicKey, status, influence: 0, ...explanation };
}

function told({ announced, tau, weightQ16, status, explanation }: Fate): MergedParent | undefined {
  if (tau === undefined) return undefined; // it was refused, and that was told when it was
  return { peer: announced.author, tau, weightQ16, status, ...(explanation && { explanation }) };
}

function after(before: SavedState, { params, age }: ModelState, cycle: number): SavedState {
  return { params, age, cycle, serving: before.cycle === 0 ? params : blendServing(before.serving, params) };
}

/** With what was remembered of others, which is worth no batch of its own. */
function changesFor({ accountable }: LoopOptions, progress: Progress, next: SavedState): StoreChange[] {
  return [...savedStateChanges(next), ...(accountable?.takeChanges() ?? []), ...progress.due.splice(0)];
}
