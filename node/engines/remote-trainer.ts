/** The Trainer in the worker thread, as the event loop has it. Arrays handed over are copied, never detached. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type {
  FitResult,
  Metrics,
  OutputMoments,
  RowMoments,
  Trainer,
  TrainerRows,
} from "../../protocol/base/learning-seams.ts";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import type { Caller } from "./caller.ts";
import type { EngineFacts } from "./messages.ts";

export function createRemoteTrainer(
  { call, close }: Pick<Caller, "call" | "close">,
  { engine, numExamples }: EngineFacts,
): Trainer {
  let [rows, revision] = [numExamples, 0];
  return {
    engine,
    get numExamples() {
      return rows;
    },
    get revision() {
      return revision;
    },
    async fit(request) {
      const own = request.params.slice();
      return (await call({ method: "fit", request: { ...request, params: own } }, [own])) as FitResult; // an anchor and units are copied by the call
    },
    async evaluate(params, split) {
      const own = params.slice();
      return (await call({ method: "evaluate", params: own, split }, [own])) as Metrics;
    },
    async predict(params, inputs) {
      const own = { params: params.slice(), inputs: inputs.slice() };
      return (await call({ method: "predict", ...own }, [own.params, own.inputs])) as Numbers;
    },
    async outputMoments(params) {
      const own = params.slice();
      return (await call({ method: "outputMoments", params: own }, [own])) as readonly OutputMoments[];
    },
    async rowMoments() {
      return (await call({ method: "rowMoments" }, [])) as RowMoments;
    },
    async replace({ train, holdout }) {
      const data = { train: copyOf(train), ...(holdout && { holdout: copyOf(holdout) }) };
      const arrays = Object.values(data).flatMap(({ inputs, targets }) => [inputs, targets]);
      await call({ method: "replace", data }, arrays);
      rows = train.length;
      revision++;
    },
    close,
  };
}

/** What an engine does with `replace`. @throws HearsayError ERR_ENGINE for one that keeps the rows that it was started with. */
export async function replaceRows(trainer: Trainer, data: TrainerRows): Promise<void> {
  if (trainer.replace === undefined)
    throw new HearsayError("ERR_ENGINE", `the engine ${trainer.engine} cannot take rows while it learns`);
  await trainer.replace(data);
}

function copyOf({ inputs, targets, length }: TrainerRows["train"]) {
  return { inputs: inputs.slice(), targets: targets.slice(), length };
}
