/**
 * The peer: wiring and lifecycle only. `node/` and `sim/` give it modules; what it does is in the files beside this one.
 *
 *   train H steps -> publish (log, announce) -> wait a little -> merge (log) -> train ...
 */

import { toHex } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import { initialParams } from "../learn/tensors.ts";
import type { Log } from "../log/chain.ts";
import { encodeTask } from "../manifest.ts";
import type { Metrics, PeerId, Split, StoreChange } from "../seams.ts";
import { numParams, type Task } from "../task.ts";
import { type AccountabilityStatus, openAccountability } from "./accountability.ts";
import { serveBlobs } from "./blobs.ts";
import type { Counters, PeerModules } from "./context.ts";
import { greetPeers } from "./greet.ts";
import { createInbound } from "./inbound.ts";
import { createMerger } from "./merge.ts";
import { openContext } from "./open-context.ts";
import { createOutbound, type ModelState } from "./outbound.ts";
import { createPace } from "./pace.ts";
import { createPast } from "./past.ts";
import { blendServing, loadState, type SavedState, savedStateChanges } from "./state.ts";
import { euclideanNorm } from "./validate.ts";

export interface PeerOptions {
  readonly task: Task;
  /** Shortest time between the starts of two trainings: bounds traffic and writes of a peer with a small model. */
  readonly minCycleMs: number;
  /** Says of every merge who moved the model, and remembers it (history.ts); false where left out. */
  readonly explain?: boolean;
  /** Takes models only with proof, and answers for its own log (accountability.ts); true where left out, false where nothing is signed. */
  readonly proofs?: boolean;
  /** Peers that the configuration names, e.g. those of the bootstrap addresses: never treated as newcomers. */
  readonly configured?: readonly PeerId[];
}

/** A snapshot for people and dashboards. */
export interface PeerStatus {
  readonly peerId: string;
  readonly task: { readonly id: string; readonly name: string };
  readonly engine: string;
  readonly numExamples: number;
  readonly cycle: number;
  readonly age: number;
  readonly fresh: number;
  readonly quorum: number;
  /** Connected peers that have answered on this task. */
  readonly neighbours: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly logSize: number;
  /** Of the log: how often it was begun anew. */
  readonly generation: number;
  /** Where logs are answered for. */
  readonly accountability?: AccountabilityStatus;
  readonly counters: Counters;
}

export interface Peer {
  readonly log: Log;
  /** Learns until `stop`; rejects if the trainer or the store fails for good, and with ERR_BANNED if its key is banned. */
  run(): Promise<void>;
  /** Ends the loop after the step in progress. */
  stop(): void;
  status(): PeerStatus;
  /** The model for predictions: running mean of one's own aggregates. */
  serving(): Float32Array;
  /** The last aggregate, from which the next training starts. */
  current(): Float32Array;
  evaluate(split: Split): Promise<Metrics>;
}

/**
 * A peer on its modules; loads or starts log and model, and serves from then on.
 * @throws HearsayError ERR_LOG_CHAIN, ERR_STATE, ERR_BANNED.
 */
export async function createPeer(
  { task, minCycleMs, explain = false, proofs = true, configured = [] }: PeerOptions,
  modules: PeerModules,
): Promise<Peer> {
  const { clock, crypto, identity, store, transport } = modules;
  const manifest = encodeTask(task);
  const taskId = crypto.sha256(manifest);
  const ending = new AbortController();
  const failing = Promise.withResolvers<never>();
  failing.promise.catch(() => {}); // `run` tells of it
  const fail = (cause: unknown) => {
    if (ending.signal.aborted) return;
    failing.reject(cause);
    ending.abort(cause);
  };
  const context = await openContext({ task, taskId, explain, configured, signal: ending.signal, fail }, modules);
  const { counters, hashOf, log, names } = context;

  const saved = await loadState(store, numParams(task));
  const start = initialParams(task.tensors, task.seed);
  const startNorm = euclideanNorm(start);
  let state: SavedState = saved ?? { params: start, serving: start, age: 0, cycle: 0 };
  let resumed = saved === undefined;

  const hasPast = log.head().size > 1 || log.generation > 0;
  const accountable = proofs ? await openAccountability(context) : undefined;
  const past = proofs ? createPast(context, hasPast) : undefined;
  const arrival = [...(modules.place?.changes ?? [])];
  const atHome: StoreChange[] = [];

  const shelf = serveBlobs(context, names.blob);
  shelf.keep(taskId, manifest);
  const inbound = createInbound(context, state.cycle, accountable);
  const outbound = createOutbound(context, shelf, accountable?.published);
  const merger = createMerger(context, inbound, shelf, proofs);
  transport.onAnnounce(names.announce, (from, sealed) => inbound.receive(from, sealed));
  const greetings = greetPeers(context, {
    latest: outbound.latest,
    receive: inbound.receive,
    passOn: proofs,
    newestOf: (other) => (inbound.newest(other) ?? accountable?.proved(other))?.sealed,
    answered(other, yours) {
      past?.told(other, yours);
      accountable?.met(other);
    },
  });

  function after(model: ModelState, cycle: number): SavedState {
    const serving = state.cycle === 0 ? model.params : blendServing(state.serving, model.params);
    return { params: model.params, age: model.age, cycle, serving };
  }

  /** Before the first entry of a start, or of a new generation: the parameters that it goes on from. False where nothing may be logged yet. */
  async function resume(): Promise<boolean> {
    const settled = await past?.settle();
    if (settled === "waiting") return false;
    atHome.push(...arrival.splice(0));
    if (resumed && settled !== "new log") return true;
    await log.append([{ type: "resume", body: { params: hashOf(state.params), age: state.age } }]);
    resumed = true;
    return true;
  }

  /** With what was remembered of others, which is worth no batch of its own. */
  function changesFor(next: SavedState): StoreChange[] {
    return [...savedStateChanges(next), ...(accountable?.takeChanges() ?? []), ...atHome.splice(0)];
  }

  async function oneCycle(pace: ReturnType<typeof createPace>): Promise<void> {
    const cycle = state.cycle + 1;
    const mergeInMs = pace.begin();
    inbound.beginCycle(cycle, Math.max(euclideanNorm(state.params), startNorm), mergeInMs);
    const trained = await outbound.train(state, cycle);
    pace.trained();
    const mayLog = await resume();
    if (mayLog && trained !== undefined) await outbound.publish(trained);
    const own = trained ?? { ...state, base: state.params, steps: 0 };
    await pace.wait(inbound);
    const enough = mayLog && inbound.fresh() >= task.aggregation.quorum && !ending.signal.aborted;
    const merged = enough ? await merger.merge(own, cycle, (model) => changesFor(after(model, cycle))) : undefined;
    const next = after(merged ?? own, cycle);
    if (merged === undefined) await store.write(changesFor(next));
    state = next; // on disk before anyone can see it: after a crash no figure goes back
    if (merged === undefined) {
      modules.observe?.({ kind: "alone", cycle, candidates: inbound.fresh(), quorum: task.aggregation.quorum });
    }
  }

  async function learn(): Promise<void> {
    const pace = createPace(clock, minCycleMs, ending.signal);
    while (!ending.signal.aborted) await oneCycle(pace);
  }

  return {
    log,
    run: () => Promise.race([failing.promise, learn()]), // a failure waits for no step
    stop: () => ending.abort(new HearsayError("ERR_UNREACHABLE", "this peer is stopping")),
    status: () => ({
      peerId: identity.peerId,
      task: { id: toHex(taskId), name: task.name },
      engine: modules.trainer.engine,
      numExamples: modules.trainer.numExamples,
      cycle: state.cycle,
      age: state.age,
      fresh: inbound.fresh(),
      quorum: task.aggregation.quorum,
      neighbours: greetings.neighbours().length,
      ...transport.traffic(),
      logSize: log.head().size,
      generation: log.generation,
      ...(accountable && { accountability: accountable.status() }),
      counters,
    }),
    serving: () => state.serving,
    current: () => state.params,
    evaluate: (split) => modules.trainer.evaluate(state.serving, split),
  };
}
