import { setTimeout as sleep } from "node:timers/promises";
import { fresh, gossipStream, rpcOf } from "../../support/nodes.ts";
import type { HostileRow } from "./row.ts";
import { attack, growth, isConnected } from "./strangers.ts";

export const row: HostileRow = {
  id: "H4",
  attack: "155,200 messages of 8 bytes of topics that nobody has, in 10 s",
  before: "RSS 118 -> 500 MB, event loop stalled for 15 s",
  measure: () =>
    attack(1, async (victim, [stranger]) => {
      if (stranger === undefined) return "";
      const before = await victim.figures();
      let sent = 0;
      for (let i = 0; i < 100 && isConnected(stranger, victim); i++) {
        const stream = await gossipStream(stranger, victim);
        const some = () =>
          rpcOf(
            `/nobody/${i}`,
            Array.from({ length: 97 }, () => fresh(8)),
          );
        for (let k = 0; k < 16 && stream.rawStream.status === "open"; k++) {
          stream.push(some());
          sent += 97;
        }
        await sleep(100);
      }
      await sleep(500);
      const after = await victim.figures();
      const end = isConnected(stranger, victim) ? "still connected" : `disconnected after ${sent}`;
      return `${end}; ${growth(before, after)}, event loop stalled for ${after.stallMs} ms`;
    }),
};
