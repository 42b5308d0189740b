/**
 * A libp2p node in a process of its own, under the flags of a peer, whose memory a test can measure while strangers are at it. It knows nobody, ignores what it hears
 * and echoes what it is asked; `figures` of startVictim tells how it is.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { multiaddr } from "@multiformats/multiaddr";
import { keepHeapSmall, littleMemoryEnvironment, littleMemoryFlags } from "../../node/little-memory.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import { type RealNode, startNode } from "./nodes.ts";

export const VICTIM_TOPIC = "/victim/1";
export const VICTIM_PROTOCOL = "/victim/echo/1";
/** A message of this length is rejected. */
export const REJECTED_BYTES = 299;

export interface Figures {
  /** Now, after two collections of garbage, and the most since the last figures. */
  readonly rssMb: number;
  readonly peakMb: number;
  /** Of JavaScript's objects and buffers; RSS also has what the allocators keep for the next time. */
  readonly heapMb: number;
  /** Messages that reached the validator. */
  readonly heard: number;
  /** Longest time for which the event loop did not turn since the last figures. */
  readonly stallMs: number;
  /** Held for others, now and the most since the last figures. */
  readonly heldBytes: number;
  readonly peakHeldBytes: number;
  readonly neighbours: number;
}

export interface Victim {
  readonly id: PeerId;
  figures(): Promise<Figures>;
  dial(stranger: RealNode): Promise<void>;
  stop(): void;
}

export async function startVictim(): Promise<Victim> {
  const child = fork(fileURLToPath(import.meta.url), {
    execArgv: ["--expose-gc", ...littleMemoryFlags()],
    env: littleMemoryEnvironment(),
  });
  const [{ address, id }] = (await once(child, "message")) as [{ address: string; id: PeerId }];
  return {
    id,
    async figures() {
      child.send("figures");
      return ((await once(child, "message")) as [Figures])[0];
    },
    async dial({ node }) {
      await node.dial(multiaddr(address), { signal: AbortSignal.timeout(5000) });
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

async function run(): Promise<void> {
  keepHeapSmall();
  const { node, transport, id } = await startNode({ topics: [VICTIM_TOPIC], isKnown: () => false });
  let [heard, stallMs, turnedMs, peakMb, peakHeldBytes] = [0, 0, performance.now(), 0, 0];
  transport.onConnect((peer) => transport.keep(peer));
  transport.onRequest(VICTIM_PROTOCOL, (_from, body) => body);
  transport.onAnnounce(VICTIM_TOPIC, (_from, body) => {
    heard++;
    return body.length === REJECTED_BYTES
      ? { verdict: "reject", code: "ERR_SIGNATURE" }
      : { verdict: "ignore", code: "ERR_RATE" };
  });
  setInterval(() => {
    const nowMs = performance.now();
    stallMs = Math.max(stallMs, nowMs - turnedMs);
    turnedMs = nowMs;
    peakMb = Math.max(peakMb, rss());
    peakHeldBytes = Math.max(peakHeldBytes, node.shares.bytes.heldBytes());
  }, 10);
  process.on("message", async () => {
    globalThis.gc?.();
    await sleep(100);
    globalThis.gc?.();
    const figures: Figures = {
      rssMb: rss(),
      peakMb,
      heapMb: heap(),
      heard,
      stallMs: Math.round(stallMs),
      heldBytes: node.shares.bytes.heldBytes(),
      peakHeldBytes,
      neighbours: transport.peers().length,
    };
    stallMs = peakMb = peakHeldBytes = 0;
    process.send?.(figures);
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ address: String(node.getMultiaddrs()[0]), id });
}

function heap(): number {
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 104_857.6) / 10;
}

function rss(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
