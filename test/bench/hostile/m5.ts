import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { halfFrame, type RealNode } from "../../support/nodes.ts";
import { VICTIM_PROTOCOL } from "../../support/process-victim.ts";
import type { HostileRow } from "./row.ts";
import { attack, growth, isConnected } from "./strangers.ts";

/** Opens so many streams, as far as it may, and sends the beginning of a request on each. */
async function begin({ node }: RealNode, n: number, length: number): Promise<number> {
  const [connection] = node.getConnections();
  const opened = Array.from({ length: n }, async () => {
    const stream = await connection?.newStream(VICTIM_PROTOCOL, { maxOutboundStreams: n });
    stream?.send(halfFrame(length, length - 10));
  });
  return (await Promise.allSettled(opened)).filter(({ status }) => status === "fulfilled").length;
}

export const row: HostileRow = {
  id: "M5",
  attack: "8 identities with 500 half requests each, of 200 KiB, then of 8 KiB",
  before: "RSS 364 -> 828 MB, there to stay; 2,000 half frames: +80 MB",
  measure: () =>
    attack(16, async (victim, strangers) => {
      await sleep(500);
      const before = await victim.figures();
      const waves = [strangers.slice(0, 8), strangers.slice(8)];
      await Promise.all(waves[0]?.map((stranger) => begin(stranger, 500, 204_800).catch(() => 0)) ?? []);
      await Promise.all(waves[1]?.map((stranger) => begin(stranger, 500, LIMITS.maxRequestBytes).catch(() => 0)) ?? []);
      await sleep(4000);
      const during = await victim.figures();
      await sleep(LIMITS.requestArrivalMs + 1000);
      const after = await victim.figures();
      const peak = { ...after, peakMb: Math.max(during.peakMb, after.peakMb) };
      const held = `${Math.round(during.peakHeldBytes / 1024)} KiB held, then ${after.heldBytes}`;
      const lost = waves[0]?.filter((stranger) => !isConnected(stranger, victim)).length;
      return `${lost} of the first 8 disconnected; ${held}; ${growth(before, peak)}, event loop stalled for ${during.stallMs} ms`;
    }),
};
