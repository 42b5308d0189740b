/**
 * Federated averaging (McMahan, Moore, Ramage, Hampson, Aguera y Arcas 2017, algorithm 1): in each round a server sends the model
 * to m = max(C K, 1) of the K clients, each trains it on its own data, and the server takes
 *
 *     x <- sum_k (n_k / n) x_k        n_k examples of client k, n = sum over those who answered
 *
 * A round lasts until the slowest of them is back, or the deadline. The server is a node of the network named `SERVER`, linked to
 * every client that is on; what it sends is counted at the client that it goes to, so that bytes per peer are all bytes.
 * A late client's work is lost, and so is what a client was doing when the next round's model reaches it.
 */
import * as z from "zod";
import type { Rng } from "../../protocol/base/rng.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { Algorithm, Environment, Learner } from "./algorithm.ts";
import { weightedSum } from "./average.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC, type ModelMessage } from "./message.ts";
import { deadline, epochs, medianTrainMs } from "./options.ts";
import { createSites, type Site } from "./site.ts";

const options = z.strictObject({
  /** C: share of the clients that the server asks in a round. All by default: then each does as much as in other algorithms. */
  clientsPerRound: z.number().gt(0).max(1).default(1),
  deadline,
  epochs,
});

/** Name of the server's node; no peer id looks like it. */
export const SERVER: PeerId = "server";

export const fedavg: Algorithm = {
  name: "fedavg",
  about: "a server averages what its clients trained, round by round",
  source: "McMahan et al., AISTATS 2017, arXiv:1602.05629, algorithm 1",
  options,
  async start(environment, given) {
    const { clientsPerRound, deadline: trainings, epochs: passes } = given as z.output<typeof options>;
    const server = startServer(environment, createSites(environment, passes), {
      clientsPerRound,
      deadlineMs: trainings * medianTrainMs(environment),
    });
    const learners = server.clients.map((site) => startClient(environment, server, site));
    environment.clock.after(0, () => beginRound(server));
    return learners;
  },
};

/** The server between two calls of the clock or the network. */
interface Server {
  readonly environment: Environment;
  readonly clients: readonly Site[];
  readonly transport: Transport;
  readonly rng: Rng;
  /** Clients that are asked in a round. */
  readonly perRound: number;
  readonly deadlineMs: number;
  /** Bytes of models that went to each client. */
  readonly sentTo: Map<PeerId, number>;
  params: Float32Array;
  round: number;
  /** Clients that were asked in this round, and what came back so far. */
  asked: number;
  answers: Map<PeerId, ModelMessage>;
  cancelDeadline: () => void;
}

function startServer(
  environment: Environment,
  clients: readonly Site[],
  { clientsPerRound, deadlineMs }: { readonly clientsPerRound: number; readonly deadlineMs: number },
): Server {
  const server: Server = {
    environment,
    clients,
    transport: environment.network.join(SERVER),
    rng: environment.rng.fork(SERVER),
    perRound: Math.max(1, Math.round(clientsPerRound * clients.length)),
    deadlineMs,
    sentTo: new Map(clients.map(({ peer }) => [peer, 0])),
    params: clients[0]?.params ?? new Float32Array(0),
    round: 0,
    asked: 0,
    answers: new Map(),
    cancelDeadline: () => {},
  };
  server.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
    const answer = decodeModel(body);
    if (answer.round !== server.round) return KEPT; // too late
    server.answers.set(from, answer);
    if (server.answers.size === server.asked) endRound(server);
    return KEPT;
  });
  return server;
}

function beginRound(server: Server): void {
  const { clock, network, endMs } = server.environment;
  const { clients, params, rng, perRound, sentTo } = server;
  if (clock.now() >= endMs) return;
  for (const { on, peer } of clients) if (on) network.connect(SERVER, peer); // none where there is one, or none can be
  const online = server.transport.peers();
  const chosen = [...rng.permutation(online.length).subarray(0, perRound)].map((i) => online[i] as PeerId);
  server.round++;
  server.asked = chosen.length;
  server.answers = new Map();
  const body = encodeModel({ round: server.round, weight: 0, params });
  for (const peer of chosen) {
    sentTo.set(peer, (sentTo.get(peer) ?? 0) + body.length);
    network.tell(SERVER, peer, MODEL_TOPIC, body);
  }
  server.cancelDeadline = clock.after(server.deadlineMs, () => endRound(server));
}

function endRound(server: Server): void {
  server.cancelDeadline();
  const answers = [...server.answers].sort(([a], [b]) => (a < b ? -1 : 1));
  const counts = answers.map(([, { weight }]) => weight);
  const examples = counts.reduce((sum, count) => sum + count, 0);
  if (examples > 0) {
    const models = answers.map(([, answer]) => answer.params);
    const shares = counts.map((count) => count / examples);
    server.params = weightedSum(models, shares);
    const most = Math.max(...counts);
    const parents = answers.map(([peer, { weight }]) => ({ peer, tau: 0, weight: weight / most, status: "used" }));
    server.environment.observer.merged({ peer: SERVER, parents });
  }
  beginRound(server);
}

function startClient({ network }: Environment, server: Server, site: Site): Learner {
  const { numExamples } = site.participant.trainer;
  site.transport.onAnnounce(MODEL_TOPIC, (_, body) => {
    const order = decodeModel(body);
    site.stop();
    site.train(order.params, site.age, (trained, age) => {
      site.age = age;
      site.tell(SERVER, encodeModel({ round: order.round, weight: numExamples, params: trained }));
    });
    return KEPT;
  });
  return site.learner(
    () => network.disconnect(SERVER, site.peer),
    () => {}, // the next round finds it
    {
      model: () => server.params,
      current: () => server.params,
      bytesOut: () => site.transport.traffic().bytesOut + (server.sentTo.get(site.peer) ?? 0),
    },
  );
}
