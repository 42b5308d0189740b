/** Places at which several peers are, as in one building: bytes between two places are counted apart, and peers of one place may have a gateway. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { NetworkSpec } from "./schema.ts";

/** Number of the place of a peer; undefined where the scenario has no places, or does not know the peer. */
export type PlaceOf = (peer: PeerId) => number | undefined;

/** The first `size` devices are at one place, the next ones at another, and so on. @param members with the numbers of their devices. */
export function placesOf(
  clusters: NetworkSpec["clusters"],
  members: readonly { readonly peerId: PeerId; readonly device: number }[],
): PlaceOf | undefined {
  if (clusters === undefined) return undefined;
  const places = new Map(members.map(({ peerId, device }) => [peerId, Math.floor(device / clusters.size)]));
  return (peer) => places.get(peer);
}
