/** What the parts of a peer share: the task, the modules that `node/` or `sim/` gave, and the counters that status shows. */
import { bytesOf } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import type {
  Aggregator,
  Archive,
  CandidateExplanation,
  Clock,
  Crypto,
  Identity,
  PeerId,
  Store,
  StoreChange,
  Trainer,
  Transport,
} from "../base/seams.ts";
import type { Task } from "../base/task.ts";
import type { BodyCodec } from "../codec/codec.ts";
import type { ParentStatus } from "../log/entry/bodies.ts";
import type { EvidenceKind } from "../log/entry/evidence.ts";
import type { Log } from "../log/stored/chain.ts";
import type { taskNames } from "../wire/messages.ts";
import type { Budget } from "./memory/budget.ts";
import type { Identities } from "./memory/identities.ts";
import type { Service } from "./services.ts";

/** The adaptors around the peer. */
export interface PeerModules {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly store: Store;
  readonly trainer: Trainer;
  readonly aggregator: Aggregator;
  readonly rng: Rng;
  /** Whether the store is where this peer left it; left out where nobody can tell. */
  readonly place?: StorePlace;
  /** What is remembered of others, where other parts of the process have to know who is known; made anew where left out. */
  readonly identities?: Identities;
  /** Keeps what an audit needs; nothing is kept where left out, as in simulations. */
  readonly archive?: Archive;
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

export interface PeerContext extends PeerModules {
  readonly task: Task;
  /** SHA-256 of the manifest's canonical bytes. */
  readonly taskId: Uint8Array;
  readonly names: ReturnType<typeof taskNames>;
  readonly codec: BodyCodec;
  /** SHA-256 of a parameter vector, as the log names it. */
  readonly hashOf: (params: Float32Array) => Uint8Array;
  readonly log: Log;
  /** What is remembered of others. */
  readonly identities: Identities;
  /** What others can make this peer do. */
  readonly budget: Budget;
  /** Whether merges are explained and remembered (memory/history.ts). */
  readonly explain: boolean;
  readonly counters: Counters;
  readonly signal: AbortSignal;
  /** Ends the peer for a reason that lies outside its cycle: `Peer.run` rejects with it. */
  readonly fail: (error: unknown) => void;
}

/**
 * Hashes each vector once: the aggregate of one cycle is what the next trains from, and no vector changes after it was made
 * (base/seams.ts).
 */
export function createParamsHash(crypto: Crypto): (params: Float32Array) => Uint8Array {
  const known = new WeakMap<Float32Array, Uint8Array>();
  return (params) => {
    const hash = known.get(params) ?? crypto.sha256(bytesOf(params));
    known.set(params, hash);
    return hash;
  };
}

/** Everything is counted since the process started. */
export interface Counters {
  published: number;
  /** Aggregations that moved the model. */
  merges: number;
  /** Candidates by what became of them, as in the log. */
  used: number;
  clipped: number;
  duplicate: number;
  removed: number;
  invalid: number;
  /** Trainings whose result was not finite and was thrown away. */
  diverged: number;
  /** Announcements and bodies that were refused, by error code. */
  readonly refused: Record<string, number>;
}

export function createCounters(): Counters {
  return {
    published: 0,
    merges: 0,
    used: 0,
    clipped: 0,
    duplicate: 0,
    removed: 0,
    invalid: 0,
    diverged: 0,
    refused: {},
  };
}

export function countRefused(counters: Counters, code: string): void {
  counters.refused[code] = (counters.refused[code] ?? 0) + 1;
}

/** A model of another peer in a merge. */
export interface MergedParent {
  readonly peer: PeerId;
  /** Staleness in cycles. */
  readonly tau: number;
  readonly weightQ16: number;
  readonly status: ParentStatus;
  /** Where merges are explained; of the model that came of the merge, after blending. */
  readonly explanation?: CandidateExplanation;
}

export type PeerEvent =
  | {
      readonly kind: "trained";
      readonly cycle: number;
      readonly age: number;
      readonly loss: number;
      readonly trainMs: number;
    }
  | { readonly kind: "published"; readonly model: Uint8Array; readonly age: number; readonly bytes: number }
  | {
      readonly kind: "merged";
      readonly cycle: number;
      readonly rule: string;
      readonly candidates: number;
      readonly age: number;
      /** What became of every model that was at hand, those excepted that were refused or too stale. */
      readonly parents: readonly MergedParent[];
    }
  | { readonly kind: "alone"; readonly cycle: number; readonly candidates: number; readonly quorum: number }
  | { readonly kind: "diverged"; readonly cycle: number }
  | { readonly kind: "refused"; readonly peer: string; readonly code: string; readonly message: string }
  /** A key was banned, on evidence that was found or came. */
  | { readonly kind: "evidence"; readonly peer: PeerId; readonly proves: EvidenceKind; readonly reason: string }
  /** Others may know more of the own log than the store, and none has answered yet: what is learned meanwhile is not logged. */
  | { readonly kind: "waiting" }
  /** Others knew more of the own log than the store, or might: it goes on with a new one. */
  | { readonly kind: "generation"; readonly generation: number };
