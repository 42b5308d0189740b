/** The worker thread of `spare-aggregator.ts`: an aggregator alone. */
import { parentPort } from "node:worker_threads";
import { collectInTime } from "../little-memory.ts";
import { aggregation, answerCalls } from "./answering.ts";
import { createWorkerAggregator } from "./worker-aggregator.ts";

if (parentPort === null)
  throw new TypeError("this module is the body of a worker thread; start it with spare-aggregator.ts");
const aggregator = createWorkerAggregator(1);
collectInTime();
answerCalls(
  parentPort,
  async () => ({ value: undefined }),
  (call) => {
    if (call.method === "aggregate" || call.method === "share") return aggregation(aggregator, call);
    throw new TypeError(`an aggregator has no ${call.method}`);
  },
);
