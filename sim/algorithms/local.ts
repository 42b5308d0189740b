/** Each participant trains on its own data and talks to nobody: what learning together has to beat. */
import * as z from "zod";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Algorithm, Participant } from "./algorithm.ts";
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
    const participants = environment.participants.map(forItself);
    return createSites({ ...environment, participants }, passes).map((site) => {
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

/** Its model is for its own rows. */
function forItself(participant: Participant): Participant {
  const { trainer } = participant;
  return {
    ...participant,
    trainer: trainedOtherwise(trainer, (request) => trainer.fit({ ...request, forSite: true })),
  };
}
