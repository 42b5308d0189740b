/** What the demo and its peers say to each other over the channel between parent and child process. */

import type { PeerId } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import type { PeerStatus } from "../../../protocol/peer/status.ts";
import type { DataConfig } from "../../settings/table.ts";

/** Parent to child, once. */
export interface PeerAssignment {
  readonly stateDir: string;
  readonly task: Task;
  readonly data: DataConfig;
  /** An attack of sim/attacks; an honest peer has none. */
  readonly attack?: string | undefined;
  readonly bootstrap: readonly string[];
  readonly minCycleMs: number;
}

/** Parent to child: measure on the hold-out and stop. */
export const FINISH = "finish";

/** Child to parent. */
export type PeerMessage =
  | { readonly kind: "listening"; readonly address: string }
  | { readonly kind: "report" | "final"; readonly report: PeerReport }
  | { readonly kind: "failed"; readonly message: string };

export interface PeerReport {
  readonly status: PeerStatus;
  /** Of the serving model on the common hold-out, 0 to 1. */
  readonly accuracy: number;
  /** What it merged since the start, by whose model it was. */
  readonly merged: readonly MergedFrom[];
}

export interface MergedFrom {
  readonly peer: PeerId;
  readonly models: number;
  /** Sum over the merges of the share of the outcome that the model made. */
  readonly influence: number;
}
