import { setTimeout as sleep } from "node:timers/promises";
import { startNode } from "../../support/nodes.ts";
import type { HostileRow } from "./row.ts";
import { attack, growth } from "./strangers.ts";

const MOST_MS = 15_000;

export const row: HostileRow = {
  id: "M4",
  attack: "connections of fresh keys, one after another, each gone at once",
  before: "700 of 700 let in, 21-29 KB stay of each",
  measure: () =>
    attack(3, async (victim) => {
      await sleep(500);
      const before = await victim.figures();
      const endMs = performance.now() + MOST_MS;
      let [tried, came] = [0, 0];
      while (tried < 700 && performance.now() < endMs) {
        const some = await Promise.all(Array.from({ length: 5 }, () => startNode({ listen: [] })));
        const dials = await Promise.allSettled(some.map((stranger) => victim.dial(stranger)));
        tried += some.length;
        came += dials.filter(({ status }) => status === "fulfilled").length;
        await sleep(50); // to be identified
        await Promise.all(some.map(({ node }) => node.stop()));
      }
      await sleep(13_000); // gossipsub remembers 10 s
      const after = await victim.figures();
      const each = Math.round(((after.heapMb - before.heapMb) * 1024) / Math.max(1, came));
      return `${came} of ${tried} let in; ${growth(before, after)}, ${each} KB of each`;
    }),
};
