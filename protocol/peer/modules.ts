/** What a peer is given by `node/` or `sim/`: its options, and the adaptors around it. */

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
  /** Says of every merge who moved the model, and remembers it (memory/history.ts); false where left out. */
  readonly explain?: boolean;
  /** Takes models only with proof, and answers for its own log (account/accountability.ts); true where left out, false where nothing is signed. */
  readonly proofs?: boolean;
  /** What the owner calls this peer (base/site-name.ts): told to neighbours, who cannot check it; no name where left out. */
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
  /** By what a privacy mechanism hides what it hides; needed where the task names one. */
  readonly draws?: SecretDraws;
  /** What keeps secrets; needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  /** Whether the store is where this peer left it; left out where nobody can tell. */
  readonly place?: StorePlace;
  /** What is remembered of others, where other parts of the process have to know who is known; made anew where left out. */
  readonly identities?: Identities;
  /** Keeps what an audit needs; nothing is kept where left out, as in simulations. */
  readonly archive?: Archive;
  /** Of a budget of bytes, the tightest where there are several; nothing is limited where left out. */
  readonly spending?: () => Spending | undefined;
  /** What the owner of a peer says of releases, and hears; needed where the task has release keys. */
  readonly releases?: ReleaseSite;
  /** What is paused now, and why; nothing ever where left out. */
  readonly pauses?: Pauses;
  /** Who else is at the same place; used where the task has gateways. Left out: this peer speaks for itself. */
  readonly cluster?: ClusterSite;
  /** What else is served while the peer runs, e.g. the peer exchange of its membership. */
  readonly services?: readonly Service[];
  /** Hears of what happens, e.g. to log it; must not throw. */
  readonly observe?: (event: PeerEvent) => void;
}

/** What is known of the way that a store has come. */
export interface StorePlace {
  /** True where it was copied or restored since, so that another peer may have gone on with it; undefined where nothing tells. */
  readonly moved: boolean | undefined;
  /** To be written once the peer has begun a new log where it must: from then on the store is at home here. */
  readonly changes: readonly StoreChange[];
}
