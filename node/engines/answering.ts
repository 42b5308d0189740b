/** How a worker thread of an engine answers calls: one after another, in the order in which they came. */
import type { MessagePort } from "node:worker_threads";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { type EngineCall, errorToPlain, type FromWorker, owned, type ToWorker } from "./messages.ts";
import type { WorkerAggregator } from "./worker-aggregator.ts";

export interface Answer {
  readonly value: unknown;
  readonly transfer?: readonly Numbers<ArrayBuffer>[];
}

/** Answers calls for as long as the thread lives. @param begin gives the answer 0: that the thread is ready, or why it is not. */
export function answerCalls(
  port: MessagePort,
  begin: () => Promise<Answer>,
  perform: (call: EngineCall) => Answer | Promise<Answer>,
): void {
  let last = post(port, 0, begin);
  port.on("message", ({ id, call }: ToWorker) => {
    last = last.then(() => post(port, id, async () => perform(call)));
  });
}

async function post(port: MessagePort, id: number, work: () => Promise<Answer>): Promise<void> {
  try {
    const { value, transfer = [] } = await work();
    port.postMessage({ id, value } satisfies FromWorker, [...new Set(transfer.map(({ buffer }) => buffer))]);
  } catch (error) {
    port.postMessage({ id, error: errorToPlain(error) } satisfies FromWorker);
  }
}

/** The calls of an aggregator. */
export function aggregation(
  aggregator: WorkerAggregator,
  call: Extract<EngineCall, { readonly method: "share" | "aggregate" }>,
): Answer {
  if (call.method === "share") {
    aggregator.share(call.memory);
    return { value: undefined };
  }
  const { params, ...rest } = aggregator.aggregate(call.rule, call.parameters, call.input);
  const mine = owned(params);
  return { value: { params: mine, ...rest }, transfer: [mine] };
}
