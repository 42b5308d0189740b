/** The Trainer in the worker thread, as the event loop has it. Arrays handed over are copied, never detached. */
import type { FitResult, Metrics, OutputMoments, Trainer } from "../../protocol/base/seams.ts";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import type { Caller } from "./caller.ts";
import type { EngineFacts } from "./messages.ts";

export function createRemoteTrainer(
  { call, close }: Pick<Caller, "call" | "close">,
  { engine, numExamples }: EngineFacts,
): Trainer {
  return {
    engine,
    numExamples,
    async fit(request) {
      const own = request.params.slice();
      return (await call({ method: "fit", request: { ...request, params: own } }, [own])) as FitResult; // an anchor is copied by the call
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
    close,
  };
}
