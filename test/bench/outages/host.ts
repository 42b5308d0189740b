/**
 * One machine of bench:outages: this process lives in a network namespace of its own, runs `hearsay up` there as its parent says, and tells twice a second,
 * or as often as its argument says, how many neighbours that counts. The namespace lives as long as this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { StatusReport } from "../../../node/api/api.ts";
import { askApi } from "../../../node/api/ask.ts";
import { ENDED, type Order, type Seen } from "./orders.ts";

const CLI = fileURLToPath(new URL("../../../node/cli.ts", import.meta.url));
const LOOK_EVERY_MS = 500;

let peer: ChildProcess | undefined;
let stateDir = "";

async function start({ args, logFile, cli = CLI, ...order }: Extract<Order, { order: "start" }>): Promise<void> {
  stateDir = order.stateDir;
  const log = await open(logFile, "a");
  const up = ["up", "--state", stateDir, "--budget", "unlimited", ...args];
  peer = spawn(process.execPath, [cli, ...up], { stdio: ["ignore", "ignore", log.fd] });
  await log.close();
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const ending = peer;
  peer = undefined;
  if (ending?.exitCode === null && ending.kill(signal)) await once(ending, "exit");
  process.send?.(ENDED);
}

async function look(): Promise<void> {
  if (peer === undefined) return;
  const answer = await askApi(stateDir, "/status").catch(() => undefined);
  const status = (await answer?.json().catch(() => undefined)) as StatusReport | undefined;
  if (status === undefined || peer === undefined) return;
  const { neighbours, cycle, addresses, cluster, holdout } = status;
  const gateway = cluster?.gateway;
  const told = { ...(gateway !== undefined && { gateway }), ...(holdout && { accuracy: holdout.accuracy }) };
  process.send?.({ atMs: Date.now(), neighbours, cycle, addresses, ...told } satisfies Seen);
}

process.on("message", (order: Order) => void (order.order === "start" ? start(order) : end(order.signal)));
process.on("disconnect", () => process.exit());
process.on("exit", () => peer?.kill("SIGKILL"));
setInterval(look, Number(process.argv[2] ?? LOOK_EVERY_MS));
