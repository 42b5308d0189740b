import { setTimeout as sleep } from "node:timers/promises";
import { startNode } from "../../support/nodes.ts";
import type { Victim } from "../../support/process-victim.ts";
import type { HostileRow } from "./row.ts";
import { attack, growth } from "./strangers.ts";

const MOST_MS = 10_000;

/** Strangers that come and go, five at a time, until so many have come or the time is over; how many tried and how many came in. */
async function comeAndGo(victim: Victim, most: number, withinMs: number): Promise<{ tried: number; came: number }> {
  const endMs = performance.now() + withinMs;
  let [tried, came] = [0, 0];
  while (came < most && performance.now() < endMs) {
    const some = await Promise.all(Array.from({ length: 5 }, () => startNode({ listen: [] })));
    const dials = await Promise.allSettled(some.map((stranger) => victim.dial(stranger)));
    tried += some.length;
    came += dials.filter(({ status }) => status === "fulfilled").length;
    await sleep(50); // to be identified
    await Promise.all(some.map(({ node }) => node.stop()));
  }
  return { tried, came };
}

export const row: HostileRow = {
  id: "M4",
  attack: "connections of fresh keys, one after another, each gone at once",
  before: "700 of 700 let in, 21-29 KB stay of each",
  measure: () =>
    attack(1, async (victim) => {
      await comeAndGo(victim, 40, MOST_MS); // what is made once is made by then
      const before = await victim.figures();
      const { tried, came } = await comeAndGo(victim, 660, MOST_MS);
      await sleep(21_000); // gossipsub remembers 10 s, libp2p's store may take as long
      const after = await victim.figures();
      const each = (((after.heapMb - before.heapMb) * 1024) / Math.max(1, came)).toFixed(1);
      return `${came} of ${tried} let in; ${growth(before, after)}, ${each} KB of each`;
    }),
};
