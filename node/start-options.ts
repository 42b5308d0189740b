/** What `startPeer` (start.ts) is told. */

import type { Aggregator, Trainer } from "../protocol/base/learning-seams.ts";
import type { Transport } from "../protocol/base/seams.ts";
import type { Task } from "../protocol/base/task.ts";
import type { GatewayWish } from "../protocol/gateway/cluster.ts";
import type { Dataset } from "../protocol/learn/data/dataset.ts";
import type { PeerEvent } from "../protocol/peer/reports.ts";
import type { Selection } from "../protocol/select/selector.ts";
import type { OpenedStream, OpenStreamParts } from "./data/follow/open.ts";
import type { Retention } from "./disk/archive.ts";
import type { ExternalOptions } from "./engines/external/open.ts";
import type { AskPassphrase } from "./keys/passphrase.ts";
import type { NetworkMeasures } from "./net/libp2p.ts";
import type { LinkLimit } from "./net/open-metering.ts";
import type { Line } from "./policy/line.ts";
import type { PauseReason } from "./policy/saving.ts";
import type { Site } from "./policy/site.ts";

/** Where and with what a peer runs. */
export interface StartOptions {
  /** A safetensors file of the parameters with which the task begins, where it names them (`Task.start`): needed the first time. */
  readonly start?: string | undefined;
  readonly stateDir: string;
  readonly task: Task;
  /** Rows that an engine trains on, in a thread of its own; left out where `trainer` is given. */
  readonly train?: Dataset;
  readonly holdout?: Dataset;
  /** Opens rows that go on coming, as `openStream` of data/follow/open.ts does; `train` then has none. */
  readonly follow?: (parts: OpenStreamParts) => Promise<OpenedStream>;
  /** `auto`, or an engine of the registry (engines/registry.ts); `auto` where left out. */
  readonly engine?: string;
  /** Whether the engine has a thread of its own; it has where left out, and where its trainings are not brief (engines/one-thread.ts). */
  readonly engineThread?: boolean;
  /** Shortest time between two writings of model.safetensors while the peer runs; 2 s where left out. */
  readonly modelFileSeconds?: number;
  /**
   * Trains in place of an engine, on this thread, and so are models merged: where a step takes long, let the trainer hand it to a thread or a process
   * of its own. It is closed with the peer.
   */
  readonly trainer?: Trainer;
  /** A program of the owner's trains, in a process of its own, and has the data: neither `train` nor `trainer`. */
  readonly external?: Omit<ExternalOptions, "stateDir">;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs of peers to start from. */
  readonly bootstrap: readonly string[];
  readonly mdns: boolean;
  /** Where the task has gateways: who else is at this place, beside those found by multicast, as multiaddrs with peer id; nobody where left out. */
  readonly cluster?: readonly string[];
  /** Where the task has gateways: whether this peer would speak for the others of its place; `auto` where left out. */
  readonly gateway?: GatewayWish;
  /** Shortest time between the starts of two trainings. */
  readonly minCycleMs: number;
  /** Peers that are dialled at most; more may connect from outside. */
  readonly maxOutbound: number;
  /** Bytes that may pass, by kinds of links (net/link-kinds.ts), or one that is only planned with; unlimited where left out. */
  readonly budget?: readonly LinkLimit[];
  /** A policy file beside those that bind this machine (policy/load-policy.ts), which none of what stands here lifts. */
  readonly policy?: string;
  /** Whose policies were asked when the rows were read; where left out, those that bind this machine are held against task and rows. */
  readonly site?: Site;
  /** model.safetensors is the best model so far by the hold-out, in place of the newest. */
  readonly keepBest?: boolean;
  /** Hours in which the peer is away: it trains nothing, and has no connection (policy/quiet-peer.ts); none where left out. */
  readonly isQuiet?: (ms: number) => boolean;
  /** Whether the way to the Internet is paid for, so that neighbours of the local network come first where links decide (selection); false where left out. `line` knows it better. */
  readonly isMetered?: boolean;
  /** How good its way to the Internet is, where that decides: of gateways, and of selection by links (policy/line.ts). The peer stops the look at it. By `isMetered` where left out. */
  readonly line?: Line;
  /** Reasons to pause training or exchange for a while (policy/saving.ts); the peer stops them. None where left out. */
  readonly pauseReasons?: readonly PauseReason[];
  /** Whom this peer asks for models first; all neighbours alike where left out. */
  readonly selection?: Selection;
  /** What is kept for audits; nothing where left out. */
  readonly retention?: Retention;
  readonly observe?: (event: PeerEvent) => void;
  /** Whether this peer is in the first ring of each rollout, where the task has release keys. */
  readonly canary?: boolean;
  /** A command that runs when another release serves (release/on-promote.ts). */
  readonly onPromote?: string | undefined;
  /** Takes what libp2p measures of itself. */
  readonly networkMetrics?: NetworkMeasures;
  /** What the owner calls this peer: told to neighbours, checked by nobody. */
  readonly name?: string;
  /** Gives the passphrase of a protected key; from environment or terminal where left out. */
  readonly passphrase?: AskPassphrase;
  /** Sentences for the user: what works, but should be mended. */
  readonly warn?: (message: string) => void;
  /** A simulation or a test puts its own trainer around the real one. */
  readonly wrapTrainer?: (trainer: Trainer) => Trainer;
  /** A test makes a gateway of it that releases something else than its members have. */
  readonly wrapAggregator?: (aggregator: Aggregator) => Aggregator;
  /** Whoever looks on measures through it, and a test makes a liar of it. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}
