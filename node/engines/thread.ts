/** The body of a helper thread of `threads.ts`. */
import { parentPort } from "node:worker_threads";
import { help } from "./division.ts";

if (parentPort === null) throw new TypeError("this module is the body of a worker thread; start it with threads.ts");
parentPort.on("message", help);
