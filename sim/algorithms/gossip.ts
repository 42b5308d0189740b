/**
 * Gossip learning (Ormandi, Hegedus, Jelasity 2013; with ages: Hegedus, Danner, Jelasity 2019, algorithm 1): asynchronous push of models
 * to one random neighbour at a time. A node that receives x_r of age t_r (optimiser steps in its lineage) merges it and trains on:
 *
 *     a = t_r / (t + t_r)   (merge: average: a = 1/2)
 *     x <- (1 - a) x + a x_r,    t <- max(t, t_r),    then one local training           MERGE_UPDATE
 *
 * `train: on-receive`, the papers' way: each node sends its newest trained model every period, by default the training time of the
 * median device, from a random phase on, and trains once for each model that it receives; models that come while it trains wait in turn.
 * `train: periodic`: train, send, merge all that has come, train again: no device is ever idle, as in Hearsay.
 *
 * Ages are claims, and an age of 2^32 - 1 replaces a model: this is what Hearsay's bounded weights are there to prevent.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Algorithm, Environment, Learner } from "./algorithm.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC } from "./message.ts";
import { epochs, medianTrainMs } from "./options.ts";
import { createSites, type Site } from "./site.ts";

const options = z.strictObject({
  merge: z.enum(["age", "average"]).default("age"),
  train: z.enum(["on-receive", "periodic"]).default("on-receive"),
  /** on-receive: the period, in trainings of the median device; left out: 1. Longer ones leave no model waiting for a training. */
  period: z.number().min(1).max(1000).optional(),
  epochs,
});

type Options = z.output<typeof options>;

/** Models that wait while a node trains; the oldest is dropped. As many arrive as the median device trains, so queues are short. */
const MAX_WAITING = 8;

export const gossip: Algorithm = {
  name: "gossip",
  about: "asynchronous push to one random neighbour, age-weighted merge",
  source: "Hegedus, Danner, Jelasity, DAIS 2019, LNCS 11534, algorithm 1; Ormandi, Hegedus, Jelasity, CCPE 25(4), 2013",
  options,
  async start(environment, given) {
    const chosen = given as Options;
    return createSites(environment, chosen.epochs).map((site) => startNode(environment, site, chosen));
  },
};

/** a: the share of the received model, by the ages of the two; 1/2 where neither has been trained. */
export function ageShare(own: number, received: number): number {
  return received === own ? 0.5 : received / (own + received);
}

/** (1 - a) x + a x_r; a new array. */
export function mergeModels(own: Float32Array, received: Float32Array, share: number): Float32Array {
  const rest = 1 - share;
  const merged = new Float32Array(own.length);
  for (let i = 0; i < merged.length; i++) merged[i] = rest * (own[i] as number) + share * (received[i] as number);
  return merged;
}

function startNode(environment: Environment, site: Site, { merge, train, period = 1 }: Options): Learner {
  const { clock, endMs } = environment;
  const waiting: [from: PeerId, body: Uint8Array][] = [];

  /** The model that comes of merging the one that has waited longest, and its age. */
  function mergeNext(own: Float32Array, age: number): [params: Float32Array, age: number] {
    const next = waiting.shift();
    if (next === undefined) return [own, age];
    const { params, weight: theirs } = decodeModel(next[1]);
    const share = merge === "age" ? ageShare(age, theirs) : 0.5;
    site.merged(() => [
      {
        peer: next[0],
        tau: Math.max(0, age - theirs) / site.steps,
        weight: Math.min(1, share / (1 - share)), // against the own model's
        status: "used",
      },
    ]);
    return [mergeModels(own, params, share), Math.max(age, theirs)];
  }

  function trainOnNext(): void {
    if (waiting.length > 0 && !site.isTraining()) site.train(...mergeNext(site.params, site.age), updated);
  }

  function begin(): void {
    site.train(site.params, site.age, train === "periodic" ? cycled : updated);
  }

  /** on-receive: after a training. */
  function updated(params: Float32Array, age: number): void {
    site.params = params;
    site.age = age;
    trainOnNext();
  }

  /** periodic: after a training. */
  function cycled(params: Float32Array, age: number): void {
    site.params = params;
    site.age = age;
    send(site);
    while (waiting.length > 0) [site.params, site.age] = mergeNext(site.params, site.age);
    begin();
  }

  site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
    waiting.push([from, body]);
    if (waiting.length > MAX_WAITING) waiting.shift();
    if (train === "on-receive") trainOnNext();
    return KEPT;
  });

  if (train === "on-receive") {
    const periodMs = period * medianTrainMs(environment);
    const tick = () => {
      send(site);
      if (clock.now() + periodMs <= endMs) clock.after(periodMs, tick);
    };
    clock.after(site.rng.uniform() * periodMs, tick);
  }
  begin();
  return site.learner(() => {
    waiting.length = 0;
  }, begin);
}

/** To one neighbour, drawn at random. */
function send(site: Site): void {
  if (site.age === 0) return; // the initial model is everybody's
  const neighbours = site.transport.peers();
  if (neighbours.length === 0) return;
  const body = encodeModel({ round: 0, weight: site.age, params: site.params });
  site.tell(neighbours[site.rng.below(neighbours.length)] as PeerId, body);
}
