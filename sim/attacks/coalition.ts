/**
 * The liars of a run and what they know: the newest model of every honest peer, as the world records them.
 *
 * A liar may also stand alone (`loneTrainer`), on a real peer that knows nobody: then there are no honest models to
 * know, and only attacks that need none do anything.
 */

import type { RuleInput, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock, Crypto, Identity, PeerId } from "../../protocol/base/seams.ts";
import { sharedTask } from "../../protocol/base/shared-tensors.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import type { Network } from "../network/network.ts";
import type { Attack, Coalition, HonestModel } from "./attack.ts";
import { createMomentSums, type MomentSums } from "./moments.ts";

export interface CoalitionOptions {
  readonly task: Task;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly network: Network;
  readonly rng: Rng;
  readonly liars: readonly Identity[];
  /** The rule of the task. */
  readonly aggregate: (input: RuleInput) => Float32Array;
  /** When the run ends. */
  readonly endMs: number;
}

export interface RecordingCoalition extends Coalition {
  /** The world tells of each local training of an honest peer. */
  record(peer: PeerId, model: { readonly params: Float32Array; readonly base: Float32Array }): void;
}

export function createCoalition(options: CoalitionOptions): RecordingCoalition {
  const { task, clock, crypto, network, rng, aggregate, endMs } = options;
  /** Sorted by peer id. */
  const models: HonestModel[] = [];
  const callbacks: ((peer: PeerId) => void)[] = [];
  let sums: MomentSums | undefined; // most attacks of data and transport never ask for them

  /** Index of the first model whose peer is not before this one. */
  function placeOf(peer: PeerId): number {
    let [low, high] = [0, models.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((models[middle] as HonestModel).peer < peer) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    task,
    clock,
    crypto,
    network,
    rng,
    startMs: clock.now(),
    endMs,
    liars: options.liars.map((identity, index) => ({ index, identity, rng: rng.fork(`liar/${index}`) })),
    aggregate,
    honest: () => models,
    honestModel(peer) {
      const model = models[placeOf(peer)];
      return model?.peer === peer ? model : undefined;
    },
    moments() {
      if (sums === undefined) {
        sums = createMomentSums(numParams(sharedTask(task)));
        for (const model of models) sums.replace(undefined, model);
      }
      return sums.read();
    },
    onTrained: (callback) => void callbacks.push(callback),
    record(peer, { params, base }) {
      const place = placeOf(peer);
      const before = models[place]?.peer === peer ? models[place] : undefined;
      const after = { peer, params, base };
      models.splice(place, before === undefined ? 0 : 1, after);
      sums?.replace(before, after);
      for (const callback of callbacks) callback(peer);
    },
  };
}

/**
 * The wrapper of the trainer of a liar that is alone among peers that it knows nothing of, e.g. in a demonstration.
 * @throws RangeError for an attack that lies by more than its trainer.
 */
export function loneTrainer(
  attack: Attack,
  { task, clock, crypto, rng }: Pick<CoalitionOptions, "task" | "clock" | "crypto" | "rng">,
): (trainer: Trainer) => Trainer {
  const coalition = createCoalition({
    task,
    clock,
    crypto,
    rng,
    network: NO_NETWORK,
    liars: [NOBODY],
    aggregate: ({ own }) => own,
    endMs: Number.POSITIVE_INFINITY,
  });
  const disguise = coalition.liars.map(attack.join(coalition, {}))[0];
  if (disguise?.trainer === undefined || disguise.transport !== undefined || disguise.data !== undefined)
    throw new RangeError(`${attack.name} takes more than a trainer`);
  return disguise.trainer;
}

/** A trainer needs neither an identity nor a network. */
const NOBODY: Identity = { peerId: "", publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) };
const NO_NETWORK: Network = {
  join() {
    throw new TypeError("a lone liar has a transport of its own");
  },
  connect() {},
  disconnect() {},
  enforce() {},
  leave() {},
  neighbours: () => [],
  tell() {},
  bytesAcross: () => 0,
  numberOf: () => 0,
  bring() {},
};
