/** Writes the end of a cycle to disk: log entries, the model, and what the peer has learned of others meanwhile. */
import { bytesOf } from "../../base/bytes.ts";
import type { Archive, ArchivedBlob, Clock, Store, StoreChange } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import type { Past } from "../account/past.ts";
import { rememberMerge } from "../memory/history.ts";
import type { Fate, Merged, ModelState } from "../stages.ts";
import type { HashOf } from "./params-hash.ts";
import { blendServing, personalChanges, type SavedState, savedStateChanges } from "./state.ts";

export interface Saving {
  /** The model that is on disk. */
  state(): SavedState;
  /** Call it before an entry is appended. After a restart, or at the start of a new log, it logs the parameters that the peer continues from. False: nothing may be logged yet. */
  resume(): Promise<boolean>;
  /** A cycle has ended without a merge. */
  alone(model: ModelState, cycle: number): Promise<void>;
  merged(merged: Merged, cycle: number): Promise<void>;
}

export interface SavingComponents {
  readonly store: Store;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly archive: Pick<Archive, "put"> | undefined;
  /** Finds out whether other peers know entries of the own log that the store lacks; left out where nothing is signed. */
  readonly past: Pick<Past, "settle"> | undefined;
}

export interface SavingOptions {
  /** The model that the store had at the start; undefined for a new store. */
  readonly saved: SavedState | undefined;
  /** The task's initial parameters. */
  readonly start: Float32Array;
  readonly hashOf: HashOf;
  /** Share of the old serving model that each cycle keeps (`training.runningMean`); blendServing has a default. */
  readonly runningMean?: number | undefined;
  /** Whether merges are remembered (memory/history.ts). */
  readonly explain: boolean;
  /** Changes that mark the store as belonging to this place (modules.ts, StorePlace); written once it is settled which log the peer continues. */
  readonly arrival: readonly StoreChange[];
  /** The tensors that this peer does not share, after the newest training; undefined, or left out, where all are shared. */
  personal?(): Float32Array | undefined;
  /** Notes on other peers, which are written together with the model. */
  takeChanges(): StoreChange[];
  /** What an archive keeps of the last publication. */
  archived(): readonly ArchivedBlob[];
}

/** The components and options, and what changes from cycle to cycle. */
interface Progress extends SavingComponents, Omit<SavingOptions, "saved" | "start" | "arrival"> {
  state: SavedState;
  /** Whether the log says from which model the peer continues since its start. */
  resumed: boolean;
  /** `arrival`, until the log is settled; then it moves to `due`. */
  readonly arriving: StoreChange[];
  /** Written with the next change. */
  readonly due: StoreChange[];
}

export function createSaving(components: SavingComponents, options: SavingOptions): Saving {
  const { saved, start, arrival, ...rest } = options;
  const progress: Progress = {
    ...components,
    ...rest, // and not `start`: it is of no use any more after the first merge
    state: saved ?? { params: start, serving: start, age: 0, cycle: 0 },
    resumed: saved === undefined,
    arriving: [...arrival],
    due: [],
  };
  return {
    state: () => progress.state,
    resume: () => resume(progress),
    alone: async (model, cycle) => {
      const next = after(progress, model, cycle);
      await progress.store.write(changesFor(progress, next));
      progress.state = next; // on disk before anyone can see it: after a crash no figure goes back
    },
    merged: (merged, cycle) => saveMerge(progress, merged, cycle),
  };
}

async function resume(progress: Progress): Promise<boolean> {
  const { past, log, hashOf } = progress;
  const settled = await past?.settle();
  if (settled === "waiting") return false;
  progress.due.push(...progress.arriving.splice(0));
  if (progress.resumed && settled !== "new log") return true;
  const { params, age } = progress.state;
  await log.append([{ type: "resume", body: { params: hashOf(params), age } }]);
  progress.resumed = true;
  return true;
}

async function saveMerge(progress: Progress, merged: Merged, cycle: number): Promise<void> {
  const { clock, log, hashOf, archive, explain } = progress;
  const next = after(progress, merged, cycle);
  const { own, rule, entry, fates, inputs } = merged;
  const memory = { cycle, tsMs: clock.now(), rule, parents: fates.map(remembered) };
  await log.append([entry], [...changesFor(progress, next), ...(explain ? [rememberMerge(memory)] : [])]);
  progress.state = next;
  // What an audit of the merge needs of this peer: what it published (before, where training diverged), and the base.
  const base = { hash: hashOf(own.base), bytes: bytesOf(own.base) };
  void archive?.put(
    [...progress.archived(), base],
    inputs.flatMap(({ announced, body }) => (body === undefined ? [] : [{ hash: announced.model, bytes: body }])),
  );
}

function remembered({ announced, status, explanation, removedBy }: Fate) {
  return { publicKey: announced.publicKey, status, influence: 0, ...(removedBy && { removedBy }), ...explanation };
}

function after({ state: before, runningMean }: Progress, { params, age }: ModelState, cycle: number): SavedState {
  const serving = before.cycle === 0 ? params : blendServing(before.serving, params, runningMean);
  return { params, age, cycle, serving };
}

function changesFor({ personal, takeChanges, due }: Progress, next: SavedState): StoreChange[] {
  return [...savedStateChanges(next), ...personalChanges(personal?.()), ...takeChanges(), ...due.splice(0)];
}
