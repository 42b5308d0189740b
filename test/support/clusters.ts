/** Worlds of several clusters: peers of one number range are at one place. */
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { LINK_GRADES } from "../../protocol/gateway/beacon.ts";
import type { ClusterSite } from "../../protocol/peer/gateway/gateway.ts";
import type { NewPeer } from "../../sim/run/world.ts";
import { blobs, blobTask } from "./blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member } from "./crowd.ts";

export const GATEWAY_TASK: Task = blobTask({ aggregation: { gateways: true, quorum: 2 } });

export interface Clusters {
  readonly crowd: Crowd;
  readonly size: number;
  /** Requests that a member made to peers outside, by its number. */
  readonly askedOutside: Map<number, number>;
  join(number: number, changes?: Partial<NewPeer> & Partial<Pick<ClusterSite, "wish" | "link">>): Promise<Member>;
  /** Members of a cluster, in the order of joining. */
  membersOf(place: number): Member[];
  /** Who speaks for it, as its members see it. */
  gatewaysOf(place: number): (PeerId | undefined)[];
}

export function createClusters(size: number, task: Task = GATEWAY_TASK): Clusters {
  const crowd = createCrowd({ task });
  const askedOutside = new Map<number, number>();
  const placeOfKey = new Map<PeerId, number>();
  const place = (number: number) => Math.floor(number / size);
  const membersOf = (wanted: number) => crowd.members.filter(({ peerId }) => placeOfKey.get(peerId) === wanted);
  const isInside = (number: number) => (other: PeerId) => placeOfKey.get(other) === place(number);
  const counting = (number: number) => (transport: Transport) => ({
    ...transport,
    request(...[peer, ...rest]: Parameters<Transport["request"]>) {
      if (!isInside(number)(peer)) askedOutside.set(number, (askedOutside.get(number) ?? 0) + 1);
      return transport.request(peer, ...rest);
    },
  });
  return {
    crowd,
    size,
    askedOutside,
    async join(number, { wish = "auto", link = () => LINK_GRADES.usual, ...changes } = {}) {
      placeOfKey.set(identityOf(number).peerId, place(number));
      const cluster: ClusterSite = { wish, link, isInside: isInside(number) };
      const holdout = blobs(100, 1000 + number);
      return crowd.join(number, { cluster, holdout, wrapTransport: counting(number), ...changes });
    },
    membersOf,
    gatewaysOf: (wanted) => membersOf(wanted).map(({ peer }) => peer.status().cluster?.gateway),
  };
}
