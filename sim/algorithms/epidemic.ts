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
 * deadline where a message is lost or a node is slow. What is late is lost; a slow node goes on training, and sends in the round in
 * which it is done.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Algorithm, Environment } from "./algorithm.ts";
import { average } from "./average.ts";
import { decodeModel, encodeModel, KEPT, MODEL_TOPIC, type ModelMessage } from "./message.ts";
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
    const sites = createSites(environment, passes);
    const rounds: Rounds = {
      environment,
      fanout,
      deadlineMs: trainings * medianTrainMs(environment),
      sites,
      inboxes: new Map(sites.map((site) => [site, new Map()])),
      mixed: new Map(sites.map((site) => [site, site.params])),
      round: 0,
      underWay: 0,
      cancelDeadline: () => {},
    };
    for (const site of sites)
      site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
        receive(rounds, site, from, decodeModel(body));
        return KEPT;
      });
    environment.clock.after(0, () => beginRound(rounds));
    return sites.map((site) =>
      site.learner(
        () => {
          rounds.inboxes.get(site)?.clear();
          endIfComplete(rounds); // nobody waits for it any more
        },
        () => {}, // the next round takes it in
        { model: () => rounds.mixed.get(site) as Float32Array },
      ),
    );
  },
};

/** All nodes between two calls of the clock or the network. */
interface Rounds {
  readonly environment: Environment;
  readonly fanout: number;
  readonly deadlineMs: number;
  readonly sites: readonly Site[];
  /** What came in this round, for each node. */
  readonly inboxes: ReadonlyMap<Site, Map<PeerId, Float32Array>>;
  /** The models after the last round: what their nodes would predict with, in the middle of one. */
  readonly mixed: Map<Site, Float32Array>;
  round: number;
  /** Models that were sent and have not arrived. */
  underWay: number;
  cancelDeadline: () => void;
}

function beginRound(rounds: Rounds): void {
  const { clock, endMs } = rounds.environment;
  if (clock.now() >= endMs) return;
  rounds.round++;
  rounds.underWay = 0;
  rounds.cancelDeadline = clock.after(rounds.deadlineMs, () => endRound(rounds));
  for (const site of rounds.sites) if (site.on && !site.isTraining()) train(rounds, site);
}

function train(rounds: Rounds, site: Site): void {
  site.train(site.params, site.age, (params, age) => {
    site.params = params;
    site.age = age;
    const neighbours = site.transport.peers();
    const body = encodeModel({ round: rounds.round, weight: 0, params });
    for (const i of site.rng.permutation(neighbours.length).subarray(0, rounds.fanout)) {
      site.tell(neighbours[i] as PeerId, body);
      rounds.underWay++;
    }
    endIfComplete(rounds);
  });
}

function receive(rounds: Rounds, site: Site, from: PeerId, message: ModelMessage): void {
  if (message.round !== rounds.round) return;
  rounds.inboxes.get(site)?.set(from, message.params);
  rounds.underWay--;
  endIfComplete(rounds);
}

function endIfComplete(rounds: Rounds): void {
  if (rounds.underWay === 0 && !rounds.sites.some((site) => site.isTraining())) endRound(rounds);
}

function endRound(rounds: Rounds): void {
  rounds.cancelDeadline();
  for (const [site, inbox] of rounds.inboxes) {
    if (inbox.size > 0 && site.on && !site.isTraining()) mix(site, inbox);
    inbox.clear();
    if (!site.isTraining()) rounds.mixed.set(site, site.params);
  }
  beginRound(rounds);
}

function mix(site: Site, inbox: ReadonlyMap<PeerId, Float32Array>): void {
  const received = [...inbox].sort(([a], [b]) => (a < b ? -1 : 1));
  site.params = average([site.params, ...received.map(([, params]) => params)]);
  site.merged(() => received.map(([peer]) => ({ peer, tau: 0, weight: 1, status: "used" })));
}
