import { setTimeout as sleep } from "node:timers/promises";
import { fresh, gossipStream, rpcOf } from "../../support/nodes.ts";
import { REJECTED_BYTES, VICTIM_TOPIC } from "../../support/process-victim.ts";
import type { HostileRow } from "./row.ts";
import { attack, isConnected } from "./strangers.ts";

export const row: HostileRow = {
  id: "H5",
  attack: "3,000 messages that every peer rejects",
  before: "3,000 rejected, score 0, still accepted",
  measure: () =>
    attack(1, async (victim, [stranger]) => {
      if (stranger === undefined) return "";
      const stream = await gossipStream(stranger, victim);
      for (let i = 0; i < 3000 && stream.rawStream.writeStatus === "writable"; i++) {
        stream.push(rpcOf(VICTIM_TOPIC, [fresh(REJECTED_BYTES)]));
        await sleep(1);
      }
      await sleep(500);
      const { heard } = await victim.figures();
      await victim.dial(stranger).catch(() => {});
      await sleep(500);
      const again = isConnected(stranger, victim) ? "back at once" : "refused when it dials again";
      return `${heard} rejected, then disconnected, and ${again}`;
    }),
};
