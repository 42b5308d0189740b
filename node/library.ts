/**
 * The library: `import { createPeer } from "hearsay"`. The names that this file exports are public, with what their types name: they change with the
 * version of the package only. Everything else is found by the path of its file (`hearsay/protocol/*`) and may move.
 */

import { HearsayError } from "../protocol/base/errors.ts";
import { type BudgetText, linkBudgets } from "./settings/budget.ts";
import { peer } from "./settings/peer.ts";
import { type RunningPeer, startPeer } from "./start.ts";
import type { StartOptions } from "./start-options.ts";

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
export type { RunningPeer } from "./start.ts";

/** Where and with what a peer learns. */
export interface PeerOptions
  extends Omit<
    StartOptions,
    | "listen"
    | "bootstrap"
    | "mdns"
    | "minCycleMs"
    | "maxOutbound"
    | "budget"
    | "networkMetrics"
    | "site"
    | "wrapTrainer"
    | "wrapAggregator"
    | "wrapTransport"
  > {
  /** Multiaddrs to listen on; any free port of all interfaces where left out. */
  readonly listen?: readonly string[];
  /** Multiaddrs of peers to start from; none where left out. */
  readonly bootstrap?: readonly string[];
  /** Whether peers of the local network are found by multicast; true where left out. */
  readonly mdns?: boolean;
  /** Shortest time between the starts of two trainings, in milliseconds; 1000 where left out. */
  readonly minCycleMs?: number;
  /** Peers that are dialled at most; 32 where left out. */
  readonly maxOutbound?: number;
  /** Bytes that may pass: `2MB/day`, or such a text for each kind of links; unlimited where left out. */
  readonly budget?: BudgetText;
}

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
export async function createPeer({ budget = DEFAULTS.budget, ...options }: PeerOptions): Promise<RunningPeer> {
  return startPeer({ ...DEFAULTS, ...options, budget: budgetsOf(budget) });
}

/** @throws HearsayError ERR_CONFIG */
function budgetsOf(text: BudgetText): ReturnType<typeof linkBudgets> {
  try {
    return linkBudgets(text);
  } catch (error) {
    throw new HearsayError("ERR_CONFIG", `budget: ${(error as Error).message}`, {}, error);
  }
}
