/**
 * Decentralised parallel SGD (Lian, Zhang, Zhang, Hsieh, Zhang, Liu 2017) on the links of the scenario, which stay as they are: in each
 * round a node trains, sends what came of it to all neighbours, waits for theirs and mixes
 *
 *     x_i <- sum_j W_ij x_j        W: Metropolis weights
 *
 * Adapt, then combine, with H local steps, as decentralizepy and most comparisons do; the paper mixes while it computes one
 * gradient, which has the same bound. The barrier is with the neighbours: a node is at most one round ahead of any of them.
 *
 * At the deadline, counted from the start of the round, a node mixes what it has; the weight of who is missing goes to its own
 * model. What comes for a round that is over is lost, and a node that has fallen behind goes on in the round that its
 * neighbours are in.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Algorithm, Environment, Learner } from "./algorithm.ts";
import { weightedSum } from "./average.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC, type ModelMessage } from "./message.ts";
import { metropolisWeights } from "./metropolis.ts";
import { deadline, epochs, medianTrainMs } from "./options.ts";
import { createSites, type Site } from "./site.ts";

const options = z.strictObject({ deadline, epochs });

/** Models of one neighbour that wait for their round: this one and the next. Only at deadlines does one run further ahead. */
const MAX_AHEAD = 2;

export const dPsgd: Algorithm = {
  name: "d-psgd",
  about: "synchronous rounds on a static graph, Metropolis weights",
  source: "Lian et al., NeurIPS 2017, arXiv:1705.09056, algorithm 1",
  options,
  async start(environment, given) {
    const { deadline: trainings, epochs: passes } = given as z.output<typeof options>;
    const deadlineMs = trainings * medianTrainMs(environment);
    return createSites(environment, passes).map((site) => startNode(environment, site, deadlineMs));
  },
};

function startNode({ clock, endMs }: Environment, site: Site, deadlineMs: number): Learner {
  /** Of each neighbour, in order of round: none of a round that is over. */
  const inbox = new Map<PeerId, ModelMessage[]>();
  let round = 0;
  let newestRound = 0;
  let startedMs = 0;
  /** Neighbours to whom this round's model went, while it waits for theirs. */
  let neighbours: readonly PeerId[] | undefined;
  let cancelDeadline = () => {};
  /** The model after the last round: what it would predict with, in the middle of one. */
  let mixed = site.params;

  function beginRound(): void {
    if (clock.now() >= endMs) return;
    round = Math.max(round + 1, newestRound);
    startedMs = clock.now();
    site.train(site.params, site.age, send);
  }

  function send(params: Float32Array, age: number): void {
    site.params = params;
    site.age = age;
    neighbours = site.transport.peers();
    const body = encodeModel({ round, weight: neighbours.length, params });
    for (const peer of neighbours) site.tell(peer, body);
    cancelDeadline = clock.after(startedMs + deadlineMs - clock.now(), mix);
    mixIfComplete();
  }

  function mixIfComplete(): void {
    if (neighbours?.every((peer) => answerOf(peer) !== undefined)) mix();
  }

  function answerOf(peer: PeerId): ModelMessage | undefined {
    return inbox.get(peer)?.find((message) => message.round >= round);
  }

  function mix(): void {
    cancelDeadline();
    const degree = neighbours?.length ?? 0;
    const answers = (neighbours ?? []).flatMap((peer) => {
      const answer = answerOf(peer);
      return answer === undefined ? [] : [{ peer, ...answer }];
    });
    neighbours = undefined;
    if (answers.length > 0) {
      const weights = metropolisWeights(
        degree,
        answers.map(({ weight }) => weight),
      );
      const own = 1 - weights.reduce((sum, weight) => sum + weight, 0);
      site.params = weightedSum([site.params, ...answers.map(({ params }) => params)], [own, ...weights]);
      site.merged(() =>
        answers.map(({ peer }, i) => ({ peer, tau: 0, weight: (1 + degree) * (weights[i] as number), status: "used" })),
      );
    }
    mixed = site.params;
    for (const [peer, messages] of inbox) {
      const rest = messages.filter((message) => message.round > round);
      if (rest.length > 0) inbox.set(peer, rest);
      else inbox.delete(peer);
    }
    beginRound();
  }

  site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
    const message = decodeModel(body);
    newestRound = Math.max(newestRound, message.round);
    if (!site.on || message.round < round) return KEPT;
    const messages = inbox.get(from) ?? [];
    messages.push(message);
    messages.sort((a, b) => a.round - b.round);
    if (messages.length > MAX_AHEAD) messages.shift();
    inbox.set(from, messages);
    mixIfComplete();
    return KEPT;
  });

  beginRound();
  const off = () => {
    cancelDeadline();
    neighbours = undefined;
    inbox.clear();
  };
  return site.learner(off, beginRound, { model: () => mixed });
}
