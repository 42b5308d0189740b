/**
 * A small simulated world: the very peers that ship, on a virtual clock, a network in memory and stores in memory. Their
 * signatures are real; training and aggregation run in place and take virtual time.
 */
import { RULES } from "../protocol/aggregate/registry.ts";
import type { Dataset } from "../protocol/learn/dataset.ts";
import { createDenseTrainer } from "../protocol/learn/dense.ts";
import type { PeerEvent } from "../protocol/peer/context.ts";
import { createPeer, type Peer } from "../protocol/peer/peer.ts";
import { createRng } from "../protocol/rng.ts";
import type { Aggregator, Crypto, Identity, Store, Trainer, Transport } from "../protocol/seams.ts";
import type { Task } from "../protocol/task.ts";
import { createVirtualClock, type VirtualClock } from "./clock.ts";
import { createNetwork, type Network } from "./network.ts";
import { createMemoryStore } from "./store.ts";

export interface WorldOptions {
  readonly task: Task;
  readonly seed: number;
  readonly crypto: Crypto;
  readonly latencyMs: number;
}

export interface NewPeer {
  readonly identity: Identity;
  readonly train: Dataset;
  readonly holdout?: Dataset;
  /** Virtual duration of one local training. */
  readonly trainMs: number;
  readonly minCycleMs: number;
  /** A restart goes on with the store of before. */
  readonly store?: Store;
  readonly wrapTrainer?: (trainer: Trainer) => Trainer;
  readonly wrapTransport?: (transport: Transport) => Transport;
  readonly observe?: (event: PeerEvent) => void;
}

export interface SimulatedPeer {
  readonly peer: Peer;
  readonly store: Store;
  readonly peerId: string;
}

export interface World {
  readonly clock: VirtualClock;
  readonly network: Network;
  /** Creates a peer, connected to all others, and starts it. */
  add(peer: NewPeer): Promise<SimulatedPeer>;
}

export function createWorld({ task, seed, crypto, latencyMs }: WorldOptions): World {
  const clock = createVirtualClock();
  const network = createNetwork({ clock, crypto, latencyMs });
  const rng = createRng(`world/${seed}`);
  const members: string[] = [];
  const aggregator: Aggregator = {
    async aggregate(rule, parameters, input) {
      const known = RULES.get(rule);
      if (known === undefined) throw new RangeError(`no rule ${rule}`);
      return known.aggregate(input, parameters);
    },
  };

  return {
    clock,
    network,
    async add({ identity, train, holdout, trainMs, minCycleMs, store = createMemoryStore(), ...wrap }) {
      const { peerId } = identity;
      const trainer = slowed(createDenseTrainer({ task, train, ...(holdout && { holdout }) }), clock, trainMs);
      const transport = network.join(peerId);
      const modules = {
        clock,
        crypto,
        identity,
        store,
        aggregator,
        rng: rng.fork(peerId),
        trainer: wrap.wrapTrainer?.(trainer) ?? trainer,
        transport: wrap.wrapTransport?.(transport) ?? transport,
        ...(wrap.observe && { observe: wrap.observe }),
      };
      const peer = await createPeer({ task, minCycleMs }, modules);
      for (const other of members) network.connect(peerId, other);
      if (!members.includes(peerId)) members.push(peerId);
      peer.run().catch((error: unknown) => {
        throw error; // a simulated peer that fails is a fault of the simulation
      });
      return { peer, store, peerId };
    },
  };
}

/** The trainer, taking virtual time. */
function slowed(trainer: Trainer, clock: VirtualClock, trainMs: number): Trainer {
  return {
    ...trainer,
    async fit(request) {
      await new Promise<void>((resolve) => clock.after(trainMs, resolve));
      return trainer.fit(request);
    },
  };
}
