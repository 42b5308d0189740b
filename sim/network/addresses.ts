/** Addresses of a simulated network: `/sim/<peer>`. Each node has one, for ever, and nobody else is ever found there. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { AddressRules } from "../../protocol/membership/addresses.ts";

const START = "/sim/";

export function addressOf(peer: PeerId): string {
  return `${START}${peer}`;
}

/** Who is at an address; undefined where it is none of this network. */
export function peerAt(address: string): PeerId | undefined {
  return address.startsWith(START) ? address.slice(START.length) : undefined;
}

/** @param prefixOf as of `createNetwork`. */
export function simulatedAddresses(prefixOf: (peer: PeerId) => string): AddressRules {
  return {
    placeOf: (address) => ({ host: address, prefix: prefixOf(peerAt(address) ?? address), isLocal: false }),
    tellable: (address, peer) => (peerAt(address) === peer ? address : undefined),
    resolve: async (address) => [address],
  };
}
