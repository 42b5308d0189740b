/**
 * Epidemic learning, EL-Local (de Vos, Farhadkhani, Guerraoui, Kermarrec, Pires, Sharma 2023): in each round every node trains, sends what
 * came of it to s random nodes, and averages its own with what it received
 *
 *     x_i <- 1 / (1 + |S_i|) (x_i + sum_{j in S_i} x_j)        S_i: those who drew i, s of them on average
 *
 * The random nodes are drawn from a node's links; on a complete graph that is the paper's algorithm.
 *
 * A receiver cannot know who has drawn it. The paper's code has every node tell all others that it did not; here the end of
 * a round costs no message and no time: it comes when every node has trained and everything that was sent has arrived, or at the
 * deadline where something is lost or somebody slow. What is late is lost; a slow node goes on training, and sends in the round in
 * which it is done.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Algorithm } from "./algorithm.ts";
import { average } from "./average.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC } from "./message.ts";
import { deadline, epochs, medianTrainMs } from "./options.ts";
import { createSites, type Site } from "./site.ts";

const options = z.strictObject({
  /** s. The bound of the paper falls with s^2; log2 of the number of nodes keeps every node heard of, which 7 is for a hundred. */
  fanout: z.int().min(1).max(1000).default(7),
  deadline,
  epochs,
});

export const epidemic: Algorithm = {
  name: "epidemic",
  about: "synchronous rounds, each sends its model to s random nodes",
  source: "de Vos et al., NeurIPS 2023, arXiv:2310.01972, EL-Local",
  options,
  async start(environment, given) {
    const { fanout, deadline: trainings, epochs: passes } = given as z.output<typeof options>;
    const { clock, endMs } = environment;
    const deadlineMs = trainings * medianTrainMs(environment);
    const sites = createSites(environment, passes);
    const inboxes = new Map<Site, Map<PeerId, Float32Array>>(sites.map((site) => [site, new Map()]));
    /** The models after the last round: what their nodes would predict with, in the middle of one. */
    const mixed = new Map(sites.map((site) => [site, site.params]));
    let round = 0;
    let underWay = 0;
    let cancelDeadline = () => {};

    function beginRound(): void {
      if (clock.now() >= endMs) return;
      round++;
      underWay = 0;
      cancelDeadline = clock.after(deadlineMs, endRound);
      for (const site of sites) if (site.on && !site.isTraining()) train(site);
    }

    function train(site: Site): void {
      site.train(site.params, site.age, (params, age) => {
        site.params = params;
        site.age = age;
        const neighbours = site.transport.peers();
        const body = encodeModel({ round, weight: 0, params });
        for (const i of site.rng.permutation(neighbours.length).subarray(0, fanout)) {
          site.tell(neighbours[i] as PeerId, body);
          underWay++;
        }
        endIfComplete();
      });
    }

    function endIfComplete(): void {
      if (underWay === 0 && !sites.some((site) => site.isTraining())) endRound();
    }

    function endRound(): void {
      cancelDeadline();
      for (const [site, inbox] of inboxes) {
        if (inbox.size > 0 && site.on && !site.isTraining()) {
          const received = [...inbox].sort(([a], [b]) => (a < b ? -1 : 1));
          site.params = average([site.params, ...received.map(([, params]) => params)]);
          site.merged(() => received.map(([peer]) => ({ peer, tau: 0, weight: 1, status: "used" })));
        }
        inbox.clear();
        if (!site.isTraining()) mixed.set(site, site.params);
      }
      beginRound();
    }

    for (const [site, inbox] of inboxes) {
      site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
        const message = decodeModel(body);
        if (message.round !== round) return KEPT;
        inbox.set(from, message.params);
        underWay--;
        endIfComplete();
        return KEPT;
      });
    }
    clock.after(0, beginRound);
    return sites.map((site) =>
      site.learner(
        () => {
          inboxes.get(site)?.clear();
          endIfComplete(); // nobody waits for it any more
        },
        () => {}, // the next round takes it in
        { model: () => mixed.get(site) as Float32Array },
      ),
    );
  },
};
