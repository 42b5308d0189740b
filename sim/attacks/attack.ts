/**
 * What an attack is: wrappers around the trainer, the transport and the data of each liar, and what the liars know
 * together. A peer has no flag for any of this: liars are the very peers that ship, with other modules.
 *
 * Liars are omniscient: through the `Coalition` they see the newest model of every honest peer at once, for nothing,
 * and all randomness of theirs comes from it. Attackers in a real network know less, so what is measured here is a
 * bound from above.
 */
import type { z } from "zod";
import type { Aggregator, RuleInput, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock, Crypto, Identity, PeerId, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import type { Network } from "../network/network.ts";
import type { Moments } from "./moments.ts";

/** The newest local training of an honest peer. */
export interface HonestModel {
  readonly peer: PeerId;
  /** After the training: what it published. */
  readonly params: Float32Array;
  /** Before it. */
  readonly base: Float32Array;
}

export interface Liar {
  /** 0 .. liars - 1. */
  readonly index: number;
  readonly identity: Identity;
  /** Its own stream. */
  readonly rng: Rng;
}

/** What all liars of a run share. */
export interface Coalition {
  readonly task: Task;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly network: Network;
  readonly rng: Rng;
  /** When the run began and will end, in the clock's time. */
  readonly startMs: number;
  readonly endMs: number;
  readonly liars: readonly Liar[];
  /** Newest model of every honest peer that has trained, sorted by peer id. Empty before the first. */
  honest(): readonly HonestModel[];
  /** That of one peer. */
  honestModel(peer: PeerId): HonestModel | undefined;
  /** Mean and spread of the honest models as they are now; undefined before the first. */
  moments(): Moments | undefined;
  /** Calls back whenever an honest peer has trained (and is about to publish). */
  onTrained(callback: (peer: PeerId) => void): void;
  /** The rule of the task, with its parameters: for liars that try their lies before they tell them. */
  aggregate(input: RuleInput): Float32Array;
}

/** The modules of one liar; what is left out stays honest. A peer that restarts has its new modules wrapped again. */
export interface Disguise {
  readonly data?: (data: Dataset) => Dataset;
  readonly trainer?: (trainer: Trainer) => Trainer;
  readonly transport?: (transport: Transport) => Transport;
  readonly aggregator?: (aggregator: Aggregator) => Aggregator;
  /** At a place with others it asks to be their gateway. */
  readonly wantsGateway?: true;
}

/** A way to measure a targeted attack on a model: the share of triggered rows that it sends where the liars want. */
export interface Target {
  /**
   * Hold-out rows as the attacker changes them, with the labels that it wants. Rows that have that label already are
   * left out.
   */
  triggered(holdout: Dataset): Dataset;
}

export interface Attack {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** Paper and section, or the reason where it is our own. */
  readonly source: string;
  /** Options beside `share`; strict, every one with a default. */
  readonly options: z.ZodType;
  /** Identities that each lying device runs (Sybil); 1 where it is left out. */
  readonly identities?: (options: Readonly<Record<string, unknown>>) => number;
  /**
   * Neighbours as the attackers have arranged them (eclipse): changes the list of links in place of the scenario's
   * topology.
   */
  readonly rewire?: (
    links: readonly (readonly [number, number])[],
    lies: (index: number) => boolean,
    peers: number,
    rng: Rng,
    options: Readonly<Record<string, unknown>>,
  ) => readonly (readonly [number, number])[];
  /** One-way time of each message from or to a liar, ms, whatever lines and latency are: liars that stand beside whom they want. As for anybody where left out. */
  readonly nearMs?: (options: Readonly<Record<string, unknown>>) => number | undefined;
  /** Called once a run; the result once for each liar. */
  join(coalition: Coalition, options: Readonly<Record<string, unknown>>): (liar: Liar) => Disguise;
  readonly target?: (options: Readonly<Record<string, unknown>>, task: Task) => Target;
}
