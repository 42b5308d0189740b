/** What a way of learning together looks like to an experiment: Hearsay's own peers, and the baselines that only sim/ knows. */
import type { z } from "zod";
import type { SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity, PeerId, Secrecy } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import type { Coalition, Disguise } from "../attacks/attack.ts";
import type { Device } from "../devices/device.ts";
import type { PlaceOf } from "../network/clusters.ts";
import type { Network } from "../network/network.ts";
import type { VirtualClock } from "../seams/clock.ts";
import type { Scenario } from "../seams/scenario-type.ts";

/** One participant before it runs. */
export interface Participant {
  readonly index: number;
  readonly identity: Identity;
  readonly device: Device;
  /** What is asked of its data beside the trainer, which keeps the inputs as it needs them. */
  readonly data: Pick<Dataset, "length" | "targets" | "owners">;
  /** Its data, trained in no time; wrapped by the attack where it lies. `device.trainMs()` says how long it takes. */
  readonly trainer: Trainer;
  /** Of its privacy mechanism, where the task has one. */
  readonly draws: SecretDraws;
  readonly honest: boolean;
  /** What the attack makes of it; its trainer and data are in place already. */
  readonly disguise?: Disguise;
}

/** The world in which an algorithm runs. */
export interface Environment {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly clock: VirtualClock;
  readonly crypto: Crypto;
  readonly secrecy?: Secrecy | undefined;
  readonly network: Network;
  /** Where each peer is; undefined where the scenario has no places. */
  readonly placeOf?: PlaceOf | undefined;
  readonly participants: readonly Participant[];
  /** All data in one place: only for `centralised`. */
  readonly pooled: Trainer;
  readonly rng: Rng;
  /** Time at which the run ends. */
  readonly endMs: number;
  /** The liars, where there are any. */
  readonly coalition: Coalition | undefined;
  readonly observer: Observer;
  /** Whether this thread runs the participant of an index; only hearsay is ever run by several threads. */
  isHere(index: number): boolean;
}

/** Figures that accrue while a run goes on; `run/measure.ts` sums them up. */
export interface Observer {
  /** An honest peer finished a local training. */
  trained(peer: PeerId): void;
  /** An honest peer merged models of others. */
  merged(merge: Merge): void;
}

export interface Merge {
  readonly peer: PeerId;
  readonly parents: readonly {
    readonly peer: PeerId;
    /** Staleness in cycles, where the algorithm knows one. */
    readonly tau: number;
    /** 1 is full weight. */
    readonly weight: number;
    readonly status: string;
    /** Its share of the model that came of the merge, where that is known. */
    readonly influence?: number;
  }[];
}

/** A model that the experiment can evaluate. */
export interface Learner {
  readonly peer: PeerId;
  readonly honest: boolean;
  /** The model with which it would predict now. */
  model(): Float32Array;
  /** The newest model, where `model` is a running mean of those before it; left out where `model` is the newest. */
  raw?(): Float32Array;
  /** The model that its next training starts from: disagreement is measured between these. */
  current(): Float32Array;
  cycles(): number;
  bytesOut(): number;
  /** Of those, to other places; left out where there are none, or nobody counts them. */
  bytesAcross?(): number;
  /** Its device goes off, all its links are closed already; without it, it only loses its links. */
  off?(): void;
  /** It comes back, before its links do. */
  on?(): Promise<void>;
}

export interface Algorithm {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  readonly source: string;
  readonly options: z.ZodType;
  /**
   * Sets everything up on the clock; nothing has run when it resolves. Learners are in the order of the participants.
   * @param options all of them.
   */
  start(environment: Environment, options: Readonly<Record<string, unknown>>): Promise<readonly Learner[]>;
}

interface Definition<S extends z.ZodType> extends Pick<Algorithm, "name" | "about" | "source"> {
  readonly options: S;
  start(environment: Environment, options: z.output<S>): Promise<readonly Learner[]>;
}

/** Algorithms are written with the type of their own options; this gives them the one that registry and scenarios hold. */
export function defineAlgorithm<S extends z.ZodType>(definition: Definition<S>): Algorithm {
  return definition as Algorithm;
}
