/** Each participant trains on its own data and talks to nobody: what learning together has to beat. */
import * as z from "zod";
import type { Algorithm } from "./algorithm.ts";
import { epochs } from "./options.ts";
import { createSites } from "./site.ts";

const options = z.strictObject({ epochs });

export const local: Algorithm = {
  name: "local",
  about: "each peer trains alone",
  source: "none: the bound from below",
  options,
  async start(environment, given) {
    const { epochs: passes } = given as z.output<typeof options>;
    return createSites(environment, passes).map((site) => {
      const train = () =>
        site.train(site.params, site.age, (params, age) => {
          site.params = params;
          site.age = age;
          train();
        });
      train();
      return site.learner(() => {}, train);
    });
  },
};
