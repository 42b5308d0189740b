/** What `hearsay peers` shows: who else is there (net/company.ts), and what each of them gave. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { ClusterStatus } from "../../protocol/gateway/cluster.ts";
import type { Asking } from "../../protocol/peer/inbound/choosing.ts";
import type { PeerTally, Tally } from "../../protocol/peer/memory/tally.ts";
import type { Companion } from "../net/company.ts";

/** What a peer gave, from the merges that are remembered, the last 256. */
export interface Given extends Pick<PeerTally, "merges" | "share" | "influence" | "lastCycle"> {
  /** Share of the merges that it was in, in which it was left out. */
  readonly leftOut: number;
  /** By which rule, the last time. */
  readonly leftOutBy?: string;
}

export interface ListedPeer extends Companion {
  /** Null where it was in none of the merges that are remembered. */
  readonly gave: Given | null;
  /** Of the link, by the last long answer that came over it; left out before there is one. */
  readonly bytesPerSecond?: number;
  /** Why its models are asked for, or not; left out where all neighbours are alike, and of who is none. */
  readonly asking?: Asking;
  /** Whether it speaks for the place of this peer, where the task has gateways. */
  readonly isGateway?: boolean;
  /** Whether it is heard as a member of that place. */
  readonly isAtPlace?: boolean;
}

export interface PeerList {
  /** Own cycles so far. */
  readonly cycle: number;
  /** Merges that are remembered. */
  readonly merges: number;
  readonly peers: readonly ListedPeer[];
}

/** What is asked about each. */
export interface Looks {
  speedOf(peer: PeerId): number | undefined;
  askingOf?: ((peer: PeerId) => Asking | undefined) | undefined;
  /** The place of this peer, where it is at one. */
  readonly place?: Pick<ClusterStatus, "gateway" | "others"> | undefined;
}

/** @param companions in the order in which they are shown. */
export function listPeers(
  companions: readonly Companion[],
  { peers }: Tally,
  { speedOf, askingOf, place }: Looks,
): ListedPeer[] {
  const tallies = new Map(peers.map((one) => [one.peer, one]));
  return companions.map((one) => {
    const bytesPerSecond = one.routes.length === 0 ? undefined : speedOf(one.peer);
    const asking = askingOf?.(one.peer);
    const speed = bytesPerSecond !== undefined && { bytesPerSecond };
    const placed = {
      ...(one.peer === place?.gateway && { isGateway: true }),
      ...(place?.others.includes(one.peer) && { isAtPlace: true }),
    };
    return { ...one, gave: given(tallies.get(one.peer)), ...speed, ...(asking && { asking }), ...placed };
  });
}

function given(one: PeerTally | undefined): Given | null {
  if (one === undefined) return null;
  const { merges, share, influence, lastCycle, statuses, lastRemovedBy } = one;
  const leftOutBy = lastRemovedBy ?? (statuses.invalid > 0 ? "invalid" : undefined);
  return {
    merges,
    share,
    influence,
    lastCycle,
    leftOut: statuses.removed + statuses.invalid,
    ...(leftOutBy !== undefined && { leftOutBy }),
  };
}
