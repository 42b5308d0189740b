/** One simulated peer: the very peer that ships, on the modules of a world. Training takes virtual time, everything else none. */

import { plainAggregator } from "../../protocol/aggregate/registry.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Aggregator, SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Archive, Clock, Crypto, Identity, Secrecy, Store, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { ClusterSite } from "../../protocol/peer/gateway/gateway.ts";
import type { Pauses } from "../../protocol/peer/loop/pauses.ts";
import type { StorePlace } from "../../protocol/peer/modules.ts";
import { createPeer, type Peer } from "../../protocol/peer/peer.ts";
import type { ReleaseSite } from "../../protocol/peer/release/releases.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import type { Selection } from "../../protocol/select/selector.ts";
import type { Spending } from "../../protocol/traffic/thrift.ts";
import { type MembershipSpec, openMembership } from "./membership.ts";

export interface PeerParts {
  readonly task: Task;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly store: Store;
  /** Takes no time of its own. */
  readonly trainer: Trainer;
  readonly rng: Rng;
  readonly draws?: SecretDraws;
  /** Needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  /** Virtual duration of the next local training. */
  trainMs(): number;
  readonly minCycleMs: number;
  /** As of `createPeer`. */
  readonly explain?: boolean;
  readonly proofs?: boolean;
  readonly configured?: readonly string[];
  readonly selection?: Selection;
  /** How it finds others; left out, whoever runs it opens its connections. */
  readonly membership?: MembershipSpec;
  /** The plain one where left out. */
  readonly aggregator?: Aggregator;
  /** Who else is at the same place. */
  readonly cluster?: ClusterSite;
  readonly archive?: Archive;
  readonly place?: StorePlace;
  readonly spending?: () => Spending | undefined;
  readonly pauses?: Pauses;
  readonly observe?: (event: PeerEvent) => void;
  /** Needed where the task has release keys. */
  readonly releases?: ReleaseSite;
}

export interface RunningPeer {
  readonly peer: Peer;
  /** As if its device lost power: what is not in the store is lost, and nothing is written any more. */
  kill(): void;
}

/** Starts a peer on its store, from which a restarted one goes on. */
export async function startPeer(parts: PeerParts): Promise<RunningPeer> {
  const {
    task,
    minCycleMs,
    explain = false,
    proofs = true,
    configured = [],
    selection,
    trainMs,
    trainer,
    membership: spec,
    ...modules
  } = parts;
  let alive = true;
  const store = fence(parts.store, () => alive);
  const found = spec && (await openMembership(spec, { ...parts, configured, store }));
  const peer = await createPeer(
    { task, minCycleMs, explain, proofs, configured, ...(selection && { selection }) },
    {
      ...modules,
      ...(found && {
        transport: found.transport,
        identities: found.identities,
        services: [found.membership.service],
      }),
      store,
      trainer: slowed(
        trainer,
        parts.clock,
        (steps) => (trainMs() * steps) / task.training.steps,
        () => alive,
      ),
      aggregator: parts.aggregator ?? plainAggregator,
    },
  );
  peer.run().catch((error: unknown) => {
    if (isHearsayError(error, "ERR_BANNED")) return; // it has ended, as its user would see
    if (alive) throw error; // a simulated peer that fails is a fault of the simulation
  });
  found?.membership.start();
  return {
    peer,
    kill() {
      alive = false;
      peer.stop();
      found?.membership.stop().catch(() => {}); // what it would still save is lost
    },
  };
}

/** The trainer, taking virtual time; a training that is under way when the peer is killed never ends, for nobody. */
export function slowed(
  trainer: Trainer,
  clock: Clock,
  trainMs: (steps: number) => number,
  isAlive: () => boolean,
): Trainer {
  return trainedOtherwise(trainer, async (request) => {
    await new Promise<void>((resolve) => clock.after(trainMs(request.steps), resolve));
    if (!isAlive()) throw killed();
    return trainer.fit(request);
  });
}

/** The store, as long as `isOpen`; afterwards every write fails, so that a dead peer cannot write beside its successor. */
function fence(store: Store, isOpen: () => boolean): Store {
  return {
    ...store,
    async write(changes) {
      if (!isOpen()) throw killed();
      return store.write(changes);
    },
  };
}

function killed(): Error {
  return new Error("this peer was killed");
}
