/** What `node/` or `sim/` gives a peer: its options, and its modules, which are the seams of base/seams.ts and some facts about the machine. */

import type { Aggregator, SecretDraws, Trainer } from "../base/learning-seams.ts";
import type { Rng } from "../base/rng.ts";
import type {
  Archive,
  Clock,
  Crypto,
  Identity,
  PeerId,
  Secrecy,
  Store,
  StoreChange,
  Transport,
} from "../base/seams.ts";
import type { Task } from "../base/task.ts";
import type { Selection } from "../select/selector.ts";
import type { Spending } from "../traffic/thrift.ts";
import type { ClusterSite } from "./gateway/gateway.ts";
import type { Pauses } from "./loop/pauses.ts";
import type { Identities } from "./memory/identities.ts";
import type { ReleaseSite } from "./release/releases.ts";
import type { PeerEvent } from "./reports.ts";
import type { Service } from "./services.ts";

export interface PeerOptions {
  readonly task: Task;
  /** Shortest time between the starts of two trainings: bounds traffic and writes of a peer with a small model. */
  readonly minCycleMs: number;
  /** Explains and remembers every merge: which models moved the own one (memory/history.ts). False where left out. */
  readonly explain?: boolean;
  /** Takes models only with a proof by their author's log, and proves its own (account/accountability.ts). True where left out; false in simulations without signatures. */
  readonly proofs?: boolean;
  /** The owner's name for this peer (base/site-name.ts). Neighbours are told it, and cannot check it. */
  readonly name?: string;
  /** Whom this peer asks first; all neighbours alike where left out. */
  readonly selection?: Selection;
  /** Peers that the configuration names, e.g. those of the bootstrap addresses: never treated as newcomers. */
  readonly configured?: readonly PeerId[];
}

export interface PeerModules {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly store: Store;
  readonly trainer: Trainer;
  readonly aggregator: Aggregator;
  readonly rng: Rng;
  /** The parameters with which the task begins, where it names them (task/start.ts). */
  readonly start?: Float32Array;
  /** Secret randomness; needed where the task has a privacy mechanism. */
  readonly draws?: SecretDraws;
  /** Key agreement and encryption; needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  /** Whether the store was copied or restored since this peer used it; left out where nobody can tell. */
  readonly place?: StorePlace;
  /** What is remembered of other peers, where other parts of the process also need it; the peer makes its own where left out. */
  readonly identities?: Identities;
  /** Keeps what an audit needs; nothing is kept where left out, as in simulations. */
  readonly archive?: Archive;
  /** The budget of bytes, the tightest of several; unlimited where left out. */
  readonly spending?: () => Spending | undefined;
  /** What the owner says about releases, and is told of them; needed where the task has release keys. */
  readonly releases?: ReleaseSite;
  /** What is paused now, and why; never anything where left out. */
  readonly pauses?: Pauses;
  /** The other peers at the same place; used where the task has gateways. Left out: this peer speaks for itself. */
  readonly cluster?: ClusterSite;
  /** Further services while the peer runs, e.g. the peer exchange of its membership. */
  readonly services?: readonly Service[];
  /** Called with every event, e.g. to log it; must not throw. */
  readonly observe?: (event: PeerEvent) => void;
}

/** Whether a store is still the one that this peer wrote last. */
export interface StorePlace {
  /** True where it was copied or restored since: another copy may then have continued the log. Undefined where nothing tells. */
  readonly moved: boolean | undefined;
  /** Mark the store as belonging here. Written once it is settled whether the peer begins a new log. */
  readonly changes: readonly StoreChange[];
}
