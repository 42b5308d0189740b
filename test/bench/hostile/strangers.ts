/** What the rows of the wire share: a victim in a process of its own, strangers in this one. */

import { type RealNode, startNode } from "../../support/nodes.ts";
import { type Figures, startVictim, type Victim } from "../../support/process-victim.ts";

/** Runs an attack on a victim; ends all afterwards. */
export async function attack<T>(
  numStrangers: number,
  body: (victim: Victim, strangers: RealNode[]) => Promise<T>,
): Promise<T> {
  const victim = await startVictim();
  const strangers: RealNode[] = [];
  try {
    for (let i = 0; i < numStrangers; i++) {
      const stranger = await startNode({ listen: [] });
      strangers.push(stranger);
      await victim.dial(stranger);
    }
    return await body(victim, strangers);
  } finally {
    victim.stop();
    await Promise.all(strangers.map(({ node }) => node.stop()));
  }
}

export function isConnected({ transport }: RealNode, { id }: Victim): boolean {
  return transport.peers().includes(id);
}

export function growth(before: Figures, after: Figures): string {
  return `RSS ${before.rssMb} -> ${after.rssMb} MB (peak ${after.peakMb}), heap ${before.heapMb} -> ${after.heapMb} MB`;
}
