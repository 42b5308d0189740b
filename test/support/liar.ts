/** A real peer in the test process whose models are lies, as those of the demo's liars are. */
import { wallClock } from "../../node/clock.ts";
import { nodeCrypto } from "../../node/crypto.ts";
import { loadPeerData } from "../../node/data/share.ts";
import { DEFAULTS } from "../../node/settings/table.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import { loneTrainer } from "../../sim/attacks/coalition.ts";
import { ATTACKS } from "../../sim/attacks/registry.ts";

export interface LiarOptions {
  readonly stateDir: string;
  readonly task: Task;
  readonly share: string;
  readonly bootstrap: readonly string[];
  readonly minCycleMs: number;
}

/** Trains on its share of digits, and publishes what it learned with the sign turned. */
export async function startLiar({ stateDir, task, share, bootstrap, minCycleMs }: LiarOptions): Promise<RunningPeer> {
  const attack = ATTACKS.get("sign-flip");
  if (attack === undefined) throw new Error("there is no attack sign-flip");
  const { train } = await loadPeerData(
    { ...DEFAULTS.data, dataset: "digits", share, partition: "dirichlet:0.3" },
    task,
  );
  return startPeer({
    ...{ stateDir, task, train, bootstrap, minCycleMs },
    ...{ listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, maxOutbound: 32 },
    wrapTrainer: loneTrainer(attack, { task, clock: wallClock, crypto: nodeCrypto, rng: createRng("liar") }),
  });
}
