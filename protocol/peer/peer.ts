/**
 * The peer: wiring and lifecycle only. `node/` and `sim/` give it modules; what it does is in the files beside this one.
 *
 *   train H steps -> publish (log, announce) -> wait a little -> merge (log) -> train ...
 */

import { toHex } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Metrics, PeerId, Split } from "../base/seams.ts";
import { numParams, type Task } from "../base/task.ts";
import type { Log } from "../log/stored/chain.ts";
import { encodeTask } from "../task/manifest.ts";
import { type AccountabilityStatus, openAccountability } from "./account/accountability.ts";
import type { OtherLogs } from "./account/log-watch.ts";
import { createPast } from "./account/past.ts";
import type { Counters, PeerModules } from "./context.ts";
import { createBlobShelf } from "./inbound/blobs.ts";
import { createGreetings } from "./inbound/greet.ts";
import { createInbound } from "./inbound/inbound.ts";
import { createLoop } from "./loop/loop.ts";
import { loadState } from "./loop/state.ts";
import { openContext } from "./open-context.ts";
import { registerServices } from "./services.ts";

export interface PeerOptions {
  readonly task: Task;
  /** Shortest time between the starts of two trainings: bounds traffic and writes of a peer with a small model. */
  readonly minCycleMs: number;
  /** Says of every merge who moved the model, and remembers it (memory/history.ts); false where left out. */
  readonly explain?: boolean;
  /** Takes models only with proof, and answers for its own log (account/accountability.ts); true where left out, false where nothing is signed. */
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
  /** Where logs are answered for: what this peer knows of those of others. */
  readonly others?: OtherLogs;
}

/**
 * A peer on its modules; loads or starts log and model, and serves from then on.
 * @throws HearsayError ERR_LOG_CHAIN, ERR_STATE, ERR_BANNED.
 */
export async function createPeer(
  { task, minCycleMs, explain = false, proofs = true, configured = [] }: PeerOptions,
  modules: PeerModules,
): Promise<Peer> {
  const { crypto, identity, store, transport } = modules;
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
  const { counters, log, names } = context;

  const saved = await loadState(store, numParams(task));
  const hasPast = log.head().size > 1 || log.generation > 0;
  const accountable = proofs ? await openAccountability(context) : undefined;
  const past = proofs ? createPast(context, hasPast) : undefined;

  const shelf = createBlobShelf(context, names.blob);
  shelf.keep(taskId, manifest);
  const inbound = createInbound(context, saved?.cycle ?? 0, accountable);
  const loop = createLoop(context, {
    saved,
    minCycleMs,
    inbound,
    shelf,
    ...(accountable && { accountable }),
    ...(past && { past }),
  });
  const greetings = createGreetings(context, {
    latest: loop.latest,
    receive: inbound.receive,
    passOn: proofs,
    newestOf: (other) => (inbound.newest(other) ?? accountable?.proved(other))?.sealed,
    answered(other, yours) {
      past?.told(other, yours);
      accountable?.met(other);
    },
  });
  const announcements = { topic: names.announce, handle: inbound.receive };
  const services = [shelf.service, ...(accountable?.services ?? []), announcements, greetings.service];
  registerServices(transport, [...services, ...(modules.services ?? [])], ending.signal);
  greetings.start();

  return {
    log,
    run: () => Promise.race([failing.promise, loop.run()]), // a failure waits for no step
    stop: () => ending.abort(new HearsayError("ERR_UNREACHABLE", "this peer is stopping")),
    status: () => ({
      peerId: identity.peerId,
      task: { id: toHex(taskId), name: task.name },
      engine: modules.trainer.engine,
      numExamples: modules.trainer.numExamples,
      cycle: loop.state().cycle,
      age: loop.state().age,
      fresh: inbound.fresh(),
      quorum: task.aggregation.quorum,
      neighbours: greetings.neighbours().length,
      ...transport.traffic(),
      logSize: log.head().size,
      generation: log.generation,
      ...(accountable && { accountability: accountable.status() }),
      counters,
    }),
    serving: () => loop.state().serving,
    current: () => loop.state().params,
    evaluate: (split) => modules.trainer.evaluate(loop.state().serving, split),
    ...(accountable && { others: accountable.others }),
  };
}
