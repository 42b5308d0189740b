import { setTimeout as sleep } from "node:timers/promises";
import { fresh, gossipStream, rpcOf } from "../../support/nodes.ts";
import { VICTIM_TOPIC } from "../../support/process-victim.ts";
import type { HostileRow } from "./row.ts";
import { attack, growth, isConnected } from "./strangers.ts";

const SECONDS = 20;

export const row: HostileRow = {
  id: "M2b",
  attack: `1,000 announcements a second of one key, ${SECONDS} s long: what stays in memory`,
  before: "refused, but RSS 320 -> 973 MB, and it stays",
  measure: () =>
    attack(1, async (victim, [stranger]) => {
      if (stranger === undefined) return "";
      const before = await victim.figures();
      const stream = await gossipStream(stranger, victim);
      for (let i = 0; i < SECONDS * 100; i++) {
        for (let k = 0; k < 10; k++) stream.push(rpcOf(VICTIM_TOPIC, [fresh(325)]));
        await sleep(10);
      }
      await sleep(1000);
      const after = await victim.figures();
      return `${growth(before, after)}; ${after.heard} looked at and refused, ${isConnected(stranger, victim) ? "still connected" : "disconnected"}`;
    }),
};
