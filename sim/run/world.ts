/**
 * A small simulated world for tests of the peer: everybody connected to everybody, a constant latency, real signatures.
 * Whole experiments are `experiment.ts`.
 */

import type { Aggregator, Trainer } from "../../protocol/base/learning-seams.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Archive, Clock, Crypto, Identity, Secrecy, Store, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import type { ClusterSite } from "../../protocol/peer/gateway/gateway.ts";
import type { Pauses } from "../../protocol/peer/loop/pauses.ts";
import type { StorePlace } from "../../protocol/peer/modules.ts";
import type { Peer } from "../../protocol/peer/peer.ts";
import type { ReleaseSite } from "../../protocol/peer/release/releases.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import { createSimulatedDraws } from "../../protocol/privacy/draws.ts";
import type { Selection } from "../../protocol/select/selector.ts";
import { constantLatency } from "../network/conditions.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { createVirtualClock, type VirtualClock } from "../seams/clock.ts";
import type { MembershipSpec } from "../seams/membership.ts";
import { startPeer } from "../seams/peer.ts";
import { createSimulatedSecrecy } from "../seams/secrecy.ts";
import { createMemoryStore } from "../seams/store.ts";

export interface WorldOptions {
  readonly task: Task;
  readonly seed: number;
  readonly crypto: Crypto;
  /** Needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  readonly latencyMs: number;
  /** As of `createPeer`. */
  readonly proofs?: boolean;
  /** As of `createNetwork`. */
  readonly prefixOf?: (peer: string) => string;
  readonly tells?: boolean;
}

export interface NewPeer {
  readonly identity: Identity;
  readonly train: Dataset;
  readonly holdout?: Dataset;
  /** Virtual duration of one local training. */
  readonly trainMs: number;
  readonly minCycleMs: number;
  /** A restart continues with the same store. */
  readonly store?: Store;
  readonly wrapTrainer?: (trainer: Trainer) => Trainer;
  readonly wrapTransport?: (transport: Transport) => Transport;
  readonly explain?: boolean;
  /** Peers that its configuration names. */
  readonly configured?: readonly string[];
  /** It finds others by itself, instead of being connected to all others. */
  readonly membership?: MembershipSpec;
  readonly archive?: Archive;
  /** The plain one where left out. */
  readonly aggregator?: Aggregator;
  /** Who else is at the same place. */
  readonly cluster?: ClusterSite;
  /** As of a machine that can tell whether the store was copied. */
  readonly place?: StorePlace;
  readonly clock?: Clock;
  readonly observe?: (event: PeerEvent) => void;
  readonly pauses?: Pauses;
  /** Whom it asks first; all alike where left out. */
  readonly selection?: Selection;
  /** Needed where the task has release keys. */
  readonly releases?: ReleaseSite;
}

export interface SimulatedPeer {
  readonly peer: Peer;
  readonly store: Store;
  readonly peerId: string;
  /** As if its device lost power. */
  kill(): void;
}

export interface World {
  readonly clock: VirtualClock;
  readonly network: Network;
  /** Creates a peer, connected to all others but those that find others by themselves, and starts it. */
  add(peer: NewPeer): Promise<SimulatedPeer>;
}

export function createWorld(options: WorldOptions): World {
  const { task, seed, crypto, secrecy, latencyMs, proofs = true, prefixOf, tells = false } = options;
  const clock = createVirtualClock();
  const conditions = constantLatency(latencyMs);
  const network = createNetwork({ clock, crypto, conditions, tells, ...(prefixOf && { prefixOf }) });
  const rng = createRng(`world/${seed}`);
  const members: string[] = [];
  const started = new Map<string, number>();

  return {
    clock,
    network,
    async add({ identity, train, holdout, trainMs, minCycleMs, store = createMemoryStore(), ...wrap }) {
      const { peerId } = identity;
      const starts = (started.get(peerId) ?? 0) + 1;
      started.set(peerId, starts);
      const draws = createSimulatedDraws(rng.fork(`draws/${peerId}/${starts}`));
      const trainer = createDenseTrainer({ task, train, draws, ...(holdout && { holdout }) });
      const transport = network.join(peerId);
      const { peer, kill } = await startPeer({
        task,
        clock: wrap.clock ?? clock.of(network.numberOf(peerId)),
        crypto,
        identity,
        store,
        rng: rng.fork(starts === 1 ? peerId : `${peerId}/${starts}`),
        draws,
        ...(secrecy && { secrecy: createSimulatedSecrecy(secrecy, rng.fork(`${peerId}/${starts}/secrets`)) }),
        trainer: wrap.wrapTrainer?.(trainer) ?? trainer,
        transport: wrap.wrapTransport?.(transport) ?? transport,
        trainMs: () => trainMs,
        minCycleMs,
        explain: wrap.explain ?? false,
        configured: wrap.configured ?? [],
        proofs,
        ...(wrap.membership && { membership: wrap.membership }),
        ...(wrap.aggregator && { aggregator: wrap.aggregator }),
        ...(wrap.cluster && { cluster: wrap.cluster }),
        ...(wrap.archive && { archive: wrap.archive }),
        ...(wrap.place && { place: wrap.place }),
        ...(wrap.observe && { observe: wrap.observe }),
        ...(wrap.pauses && { pauses: wrap.pauses }),
        ...(wrap.selection && { selection: wrap.selection }),
        ...(wrap.releases && { releases: wrap.releases }),
      });
      if (wrap.membership !== undefined) return { peer, store, peerId, kill };
      for (const other of members) network.connect(peerId, other);
      if (!members.includes(peerId)) members.push(peerId);
      return { peer, store, peerId, kill };
    },
  };
}
