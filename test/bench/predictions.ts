/** What peers predict of the rows that come to them, each before it is learned from: in the simulator, with the very peers that ship. */
import { nodeCrypto } from "../../node/crypto.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import { parseScenario } from "../../sim/run/scenario.ts";

/** Of each peer, in the order of its rows. @param scenario what it has beside data and partition. @param data owners are the peers, in order of their first rows. */
export async function predictionsOf(
  scenario: object,
  task: Readonly<Record<string, unknown>>,
  data: Dataset,
): Promise<number[][]> {
  const told: number[][] = [];
  await runExperiment(
    parseScenario({
      ...{ data: { set: "memory" }, partition: "owner", peers: new Set(data.owners).size },
      ...{ metrics: { points: 1, peers: 1, rows: 20 }, ...scenario },
    }),
    {
      crypto: nodeCrypto,
      identityFromSeed: () => {
        throw new Error("no signatures are asked for");
      },
      loadData: async () => ({ train: data, holdout: data, task }),
      trainersFor: async () => listening(told),
    },
  );
  return told;
}

/** Trainers that write down what is predicted of the rows that come. */
function listening(told: number[][]): Trainers {
  return {
    create(options) {
      const trainer = DENSE_TRAINERS.create(options);
      const mine: number[] = [];
      told.push(mine);
      return {
        ...trainer,
        async predict(params, inputs) {
          const predictions = await trainer.predict(params, inputs);
          mine.push(...predictions);
          return predictions;
        },
      };
    },
    close() {},
  };
}
