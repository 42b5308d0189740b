/** The body of a helper thread of `threads.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { type Division, type HelperData, help, passesBy } from "./division.ts";
import { vectorIn, workspaceIn } from "./model-memory.ts";

if (parentPort === null) throw new TypeError("this module is the body of a worker thread; start it with threads.ts");
const { memory, thread } = workerData as HelperData;
const passes = passesBy(workspaceIn(memory, thread));
parentPort.on("message", (division: Division) => {
  help(passes, { ...division, rows: division.rows.map((row) => vectorIn(memory, row)) });
});
