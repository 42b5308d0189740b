/**
 * Places for connections that this peer dials. Only dials count: who connects from outside keeps this peer from dialling nobody. A quarter of the places
 * is for peers that are trusted (configured, or they delivered a model); where the places are full, strangers make room for these.
 */
import type { PeerConnection, PeerId, Transport } from "../base/seams.ts";
import type { AddressRules } from "./addresses.ts";
import type { Pending } from "./dialler.ts";
import type { Dial } from "./due.ts";

export interface PlacesParts {
  readonly transport: Pick<Transport, "connections">;
  readonly rules: Pick<AddressRules, "placeOf">;
  readonly isKnown: (peer: PeerId) => boolean;
  readonly maxOutbound: number;
}

/** Part of the places that strangers leave free. */
const RESERVED = 1 / 4;
/** Connections that are dialled to strangers of one address prefix, where that is not in the local network. */
const MAX_STRANGERS_OF_PREFIX = 8;

/** The connections that this peer has dialled, as they are at one moment: they are counted once for all dials that are due. */
export interface OutboundPlaces {
  /** Whether one more connection may be dialled; where the places are full, one to a stranger is closed for a trusted peer. */
  take(dial: Dial, pending: Pending): boolean;
}

export function countPlaces({ transport, rules, isKnown, maxOutbound }: PlacesParts): OutboundPlaces {
  const outbound = transport.connections().filter(({ isOutbound }) => isOutbound);
  const strangers = outbound.filter(({ peer }) => !isKnown(peer));
  const placesOfStrangers = Math.max(1, Math.ceil(maxOutbound * (1 - RESERVED)));
  return {
    take(dial, pending) {
      const isFree = outbound.length + pending.all < maxOutbound;
      if (!dial.trusted) {
        if (!isFree || strangers.length + pending.strangers >= placesOfStrangers) return false;
        return isSpread(rules, strangers, dial.address);
      }
      if (isFree || dial.configured) return true;
      const goes = strangers.pop();
      goes?.close();
      return goes !== undefined;
    },
  };
}

/** Strangers that are dialled are not all in one place, unless that is the local network. */
function isSpread(rules: PlacesParts["rules"], strangers: readonly PeerConnection[], address: string): boolean {
  const { prefix, isLocal } = rules.placeOf(address);
  if (isLocal) return true;
  return strangers.filter((other) => rules.placeOf(other.address).prefix === prefix).length < MAX_STRANGERS_OF_PREFIX;
}
