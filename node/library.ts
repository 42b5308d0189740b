/**
 * The library: `import { createPeer } from "hearsay"`. The names that this file exports are public, with what their types name: they change with the
 * version of the package only. Everything else is found by the path of its file (`hearsay/protocol/*`) and may move.
 */

import { checkOptions, type PeerOptions } from "./library-options.ts";
import { linkBudgets } from "./settings/budget.ts";
import { peer } from "./settings/peer.ts";
import { type RunningPeer, startPeer } from "./start.ts";

export { type ErrorCode, HearsayError, isHearsayError } from "../protocol/base/errors.ts";
export type {
  Aggregator,
  FitRequest,
  FitResult,
  Metrics,
  RuleInput,
  RuleOutput,
  Split,
  Trainer,
} from "../protocol/base/learning-seams.ts";
export type { PeerId } from "../protocol/base/seams.ts";
export type { Task, TaskSource } from "../protocol/base/task.ts";
export { type Dataset, selectRows } from "../protocol/learn/data/dataset.ts";
export type { Peer } from "../protocol/peer/peer.ts";
export type { PeerEvent } from "../protocol/peer/reports.ts";
export type { PeerStatus } from "../protocol/peer/status.ts";
export { parseTask } from "../protocol/task/manifest.ts";
export type { PeerOptions } from "./library-options.ts";
export type { RunningPeer } from "./start.ts";

/** Those of `hearsay up`. */
const DEFAULTS = {
  listen: peer.listen.schema.parse(undefined),
  bootstrap: peer.bootstrap.schema.parse(undefined),
  mdns: peer.mdns.schema.parse(undefined),
  minCycleMs: peer.minCycleMs.schema.parse(undefined),
  maxOutbound: peer.maxOutbound.schema.parse(undefined),
  budget: peer.budget.schema.parse(undefined),
};

/**
 * Starts a peer, and returns once it learns. It trains with `trainer`, a Trainer of your own, or on the rows `train` with an engine of Hearsay's. Its key, log and
 * models lie in `stateDir`: one process at a time. Policies of this machine hold here too (node/policy/).
 * @throws HearsayError ERR_CONFIG | ERR_POLICY | ERR_TASK | ERR_DATA | ERR_ENGINE | ERR_STATE | ERR_LOG_CHAIN, with what to do about it.
 */
export async function createPeer(given: PeerOptions): Promise<RunningPeer> {
  checkOptions(given);
  const told = Object.entries(given).filter(([, value]) => value !== undefined); // `listen: settings.listen`, which may be left out there
  const { budget, ...options } = { ...DEFAULTS, ...(Object.fromEntries(told) as PeerOptions) };
  return startPeer({ ...options, budget: linkBudgets(budget) });
}
