/**
 * Decentralised parallel SGD (Lian, Zhang, Zhang, Hsieh, Zhang, Liu 2017) on the links of the scenario, which stay as they are: in each
 * round a node trains, sends the result to all neighbours, waits for theirs and mixes
 *
 *     x_i <- sum_j W_ij x_j        W: Metropolis weights
 *
 * Adapt, then combine, with H local steps, as decentralizepy and most comparisons do; the paper mixes while it computes one
 * gradient, which has the same bound. The barrier is with the neighbours: a node is at most one round ahead of any of them.
 *
 * At the deadline, counted from the start of the round, a node mixes what it has; the weight of a missing neighbour goes to its own
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

/** A node between two calls of the clock or the network. */
interface Node {
  readonly site: Site;
  readonly environment: Environment;
  readonly deadlineMs: number;
  /** Of each neighbour, in order of round: none of a round that is over. */
  readonly inbox: Map<PeerId, ModelMessage[]>;
  round: number;
  newestRound: number;
  startedMs: number;
  /** Neighbours to whom this round's model went, while it waits for theirs. */
  neighbours: readonly PeerId[] | undefined;
  cancelDeadline: () => void;
  /** The model after the last round: what it would predict with, in the middle of one. */
  mixed: Float32Array;
}

function startNode(environment: Environment, site: Site, deadlineMs: number): Learner {
  const node: Node = {
    site,
    environment,
    deadlineMs,
    inbox: new Map(),
    round: 0,
    newestRound: 0,
    startedMs: 0,
    neighbours: undefined,
    cancelDeadline: () => {},
    mixed: site.params,
  };
  site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
    receive(node, from, decodeModel(body));
    return KEPT;
  });
  beginRound(node);
  const off = () => {
    node.cancelDeadline();
    node.neighbours = undefined;
    node.inbox.clear();
  };
  return site.learner(off, () => beginRound(node), { model: () => node.mixed });
}

function beginRound(node: Node): void {
  const { site, environment } = node;
  const nowMs = environment.clock.now();
  if (nowMs >= environment.endMs) return;
  node.round = Math.max(node.round + 1, node.newestRound);
  node.startedMs = nowMs;
  site.train(site.params, site.age, (params, age) => send(node, params, age));
}

function send(node: Node, params: Float32Array, age: number): void {
  const { site, environment, round, startedMs, deadlineMs } = node;
  site.params = params;
  site.age = age;
  const neighbours = site.transport.peers();
  node.neighbours = neighbours;
  const body = encodeModel({ round, weight: neighbours.length, params });
  for (const peer of neighbours) site.tell(peer, body);
  node.cancelDeadline = environment.clock.after(startedMs + deadlineMs - environment.clock.now(), () => mix(node));
  mixIfComplete(node);
}

function receive(node: Node, from: PeerId, message: ModelMessage): void {
  node.newestRound = Math.max(node.newestRound, message.round);
  if (!node.site.on || message.round < node.round) return;
  const messages = node.inbox.get(from) ?? [];
  messages.push(message);
  messages.sort((a, b) => a.round - b.round);
  if (messages.length > MAX_AHEAD) messages.shift();
  node.inbox.set(from, messages);
  mixIfComplete(node);
}

function mixIfComplete(node: Node): void {
  if (node.neighbours?.every((peer) => answerOf(node, peer) !== undefined)) mix(node);
}

function answerOf({ inbox, round }: Node, peer: PeerId): ModelMessage | undefined {
  return inbox.get(peer)?.find((message) => message.round >= round);
}

function mix(node: Node): void {
  node.cancelDeadline();
  const neighbours = node.neighbours ?? [];
  const answers = neighbours.flatMap((peer) => {
    const answer = answerOf(node, peer);
    return answer === undefined ? [] : [{ peer, ...answer }];
  });
  node.neighbours = undefined;
  if (answers.length > 0) mixWith(node.site, neighbours.length, answers);
  node.mixed = node.site.params;
  forgetRound(node);
  beginRound(node);
}

/** @param degree how many neighbours the model went to: more than answers where the deadline came first. */
function mixWith(site: Site, degree: number, answers: readonly (ModelMessage & { readonly peer: PeerId })[]): void {
  const degrees = answers.map(({ weight }) => weight);
  const weights = metropolisWeights(degree, degrees);
  const own = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  site.params = weightedSum([site.params, ...answers.map(({ params }) => params)], [own, ...weights]);
  site.merged(() =>
    answers.map(({ peer }, i) => ({ peer, tau: 0, weight: (1 + degree) * (weights[i] as number), status: "used" })),
  );
}

function forgetRound({ inbox, round }: Node): void {
  for (const [peer, messages] of inbox) {
    const rest = messages.filter((message) => message.round > round);
    if (rest.length > 0) inbox.set(peer, rest);
    else inbox.delete(peer);
  }
}
