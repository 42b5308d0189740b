import {
  average,
  createSites,
  decodeModel,
  defineAlgorithm,
  definePlugin,
  encodeModel,
  KEPT,
  MODEL_TOPIC,
} from "hearsay/sim";
import * as z from "zod";

/** Nobody waits: after each training a peer sends its model to all neighbours, and goes on from the mean of its own and of what came last from each. */
const neighbourMean = defineAlgorithm({
  name: "neighbour-mean",
  about: "asynchronous: the mean of the own model and the newest that each neighbour has sent",
  source: "example of a plugin",
  options: z.strictObject({
    epochs: z.int().min(0).default(0).describe("passes over the rows; 0: the steps of the task"),
  }),
  async start(environment, { epochs }) {
    return createSites(environment, epochs).map((site) => {
      const newest = new Map<string, Float32Array>();
      const train = () =>
        site.train(site.params, site.age, (params, age) => {
          const body = encodeModel({ round: 0, weight: age, params });
          for (const neighbour of site.transport.peers()) site.tell(neighbour, body);
          site.merged(() => [...newest.keys()].map((peer) => ({ peer, tau: 0, weight: 1, status: "used" })));
          site.params = average([params, ...newest.values()]);
          site.age = age;
          train();
        });
      site.transport.onAnnounce(MODEL_TOPIC, (from, body) => {
        newest.set(from, decodeModel(body).params);
        return KEPT;
      });
      train();
      return site.learner(() => newest.clear(), train);
    });
  },
});

export default definePlugin({ algorithms: [neighbourMean] });
