/**
 * A participant as every baseline runs it: its transport, its newest model, and trainings that take the virtual time of its
 * device. What is done with the models is each algorithm's own.
 *
 * Of an attack, a baseline meets what it makes of data and trainer. What it makes of the transport forges Hearsay's wire messages and
 * means nothing here.
 */

import type { Rng } from "../../protocol/base/rng.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import { sharedTask } from "../../protocol/base/shared-tensors.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { Environment, Learner, Merge, Participant } from "./algorithm.ts";
import { hiddenFitOf } from "./hidden-fit.ts";
import { MODEL_TOPIC } from "./message.ts";
import { stepsOf } from "./options.ts";

/** What a training calls when it is over. */
export type Trained = (params: Float32Array, age: number) => void;

export interface Site {
  readonly peer: PeerId;
  readonly participant: Participant;
  readonly transport: Transport;
  readonly rng: Rng;
  /** Optimiser steps of one training. */
  readonly steps: number;
  /** The newest model; replaced, never written to. */
  params: Float32Array;
  /** SGD steps in the lineage of `params`. */
  age: number;
  /** Whether its device is on. */
  on: boolean;
  isTraining(): boolean;
  /** Trains from a model of that age; at most one training at a time. One that would end after the run has no result. */
  train(from: Float32Array, age: number, done: Trained): void;
  /** Ends a training under way, without a result. */
  stop(): void;
  /** Sends a model message to one neighbour; it may be lost. */
  tell(to: PeerId, body: Uint8Array): void;
  merged(parents: () => Merge["parents"]): void;
  /** What the experiment sees; its model is `params`. `off` and `on` are called after the site's own part of it. */
  learner(off: () => void, on: () => void, changes?: Partial<Learner>): Learner;
}

/** The sites of all participants, in their order. They begin with the initial model of the task: one array for all. */
export function createSites(environment: Environment, epochs: number): Site[] {
  const { tensors, seed } = sharedTask(environment.task);
  const initial = initialParams(tensors, seed);
  return environment.participants.map((participant) => createSite(environment, participant, initial, epochs));
}

function createSite(
  { task, clock, network, rng, endMs, observer }: Environment,
  participant: Participant,
  initial: Float32Array,
  epochs: number,
): Site {
  const { identity, trainer, device, honest } = participant;
  const { peerId: peer } = identity;
  const transport = network.join(peer);
  const steps = stepsOf(task, trainer, epochs);
  const fit = hiddenFitOf(task, trainer, participant.draws, steps);
  let cycles = 0;
  let cancel: (() => void) | undefined;

  async function finish(from: Float32Array, age: number, done: Trained): Promise<void> {
    const seed = `${task.seed}/${peer}/${age}/${cycles}`;
    const result = await fit({ params: from, steps, seed, age });
    cancel = undefined;
    cycles++;
    if (honest) observer.trained(peer);
    done(result?.params ?? from, result === undefined ? age : age + steps);
  }

  const site: Site = {
    peer,
    participant,
    transport,
    rng: rng.fork(peer),
    steps,
    params: initial,
    age: 0,
    on: true,
    isTraining: () => cancel !== undefined,
    train(from, age, done) {
      const trainMs = device.trainMs();
      // Under way when the run ends: busy until then. A training that fails is a fault of the simulation.
      cancel = clock.now() + trainMs > endMs ? () => {} : clock.after(trainMs, () => void finish(from, age, done));
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
    tell: (to, body) => network.tell(peer, to, MODEL_TOPIC, body),
    merged(parents) {
      if (honest) observer.merged({ peer, parents: parents() });
    },
    learner: (off, on, changes) => withOwn(site, { ...learnerOf(site, off, on), cycles: () => cycles, ...changes }),
  };
  return site;
}

/** Predicts with the shared model and what stays at the site, where something does. */
function withOwn({ participant }: Site, learner: Learner): Learner {
  const { personal } = participant.trainer;
  return personal === undefined ? learner : { ...learner, model: () => personal.whole(learner.model()) };
}

function learnerOf(site: Site, off: () => void, on: () => void): Omit<Learner, "cycles"> {
  return {
    peer: site.peer,
    honest: site.participant.honest,
    model: () => site.params,
    current: () => site.params,
    bytesOut: () => site.transport.traffic().bytesOut,
    off() {
      site.on = false;
      site.stop();
      off();
    },
    async on() {
      site.on = true;
      on();
    },
  };
}
