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
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Algorithm } from "./algorithm.ts";
import { weightedSum } from "./average.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC, type ModelMessage } from "./message.ts";
import { deadline, epochs, medianTrainMs } from "./options.ts";
import { createSites } from "./site.ts";

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
    const { clock, network, endMs, observer } = environment;
    const deadlineMs = trainings * medianTrainMs(environment);
    const clients = createSites(environment, passes);
    const server = network.join(SERVER);
    const rng = environment.rng.fork(SERVER);
    const perRound = Math.max(1, Math.round(clientsPerRound * clients.length));
    const sentTo = new Map<PeerId, number>(clients.map(({ peer }) => [peer, 0]));
    let params = clients[0]?.params ?? new Float32Array(0);
    let round = 0;
    let asked = 0;
    let answers = new Map<PeerId, ModelMessage>();
    let cancelDeadline = () => {};

    function beginRound(): void {
      if (clock.now() >= endMs) return;
      for (const { on, peer } of clients) if (on) network.connect(SERVER, peer); // none where there is one, or none can be
      const online = server.peers();
      const chosen = [...rng.permutation(online.length).subarray(0, perRound)].map((i) => online[i] as PeerId);
      round++;
      asked = chosen.length;
      answers = new Map();
      const body = encodeModel({ round, weight: 0, params });
      for (const peer of chosen) {
        sentTo.set(peer, (sentTo.get(peer) ?? 0) + body.length);
        network.tell(SERVER, peer, MODEL_TOPIC, body);
      }
      cancelDeadline = clock.after(deadlineMs, endRound);
    }

    function endRound(): void {
      cancelDeadline();
      const sorted = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
      const examples = sorted.reduce((sum, [, { weight }]) => sum + weight, 0);
      if (examples > 0) {
        const models = sorted.map(([, answer]) => answer.params);
        params = weightedSum(
          models,
          sorted.map(([, { weight }]) => weight / examples),
        );
        const most = Math.max(...sorted.map(([, { weight }]) => weight));
        const parents = sorted.map(([peer, { weight }]) => ({ peer, tau: 0, weight: weight / most, status: "used" }));
        observer.merged({ peer: SERVER, parents });
      }
      beginRound();
    }

    server.onAnnounce(MODEL_TOPIC, (from, body) => {
      const answer = decodeModel(body);
      if (answer.round !== round) return KEPT; // too late
      answers.set(from, answer);
      if (answers.size === asked) endRound();
      return KEPT;
    });

    const learners = clients.map((site) => {
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
          model: () => params,
          current: () => params,
          bytesOut: () => site.transport.traffic().bytesOut + (sentTo.get(site.peer) ?? 0),
        },
      );
    });
    clock.after(0, beginRound);
    return learners;
  },
};
