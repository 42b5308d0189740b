/** The address book of a real peer: protocol/membership with the places of multiaddrs. */
import { multiaddr } from "@multiformats/multiaddr";
import { forgetOldest } from "../../protocol/base/bounded.ts";
import type { PeerId, Store } from "../../protocol/base/seams.ts";
import { type AddressBook, openAddressBook } from "../../protocol/membership/address-book.ts";
import type { Place } from "../../protocol/membership/attempts.ts";
import { wallClock } from "../clock.ts";
import { createSecretRng } from "../secret-rng.ts";
import { addressPrefix } from "./address-prefix.ts";
import { endpointOf, isLocal } from "./address-scope.ts";

/** Places that are remembered: the book asks for the same ones again and again. */
const MAX_PLACES = 16_384;

/** @throws HearsayError ERR_STATE where a stored card does not decode. */
export function openBook(store: Store, self: PeerId, isKnown?: (peer: PeerId) => boolean): Promise<AddressBook> {
  const rng = createSecretRng();
  return openAddressBook({ clock: wallClock, rng, store, self, placeOf: placesOf(), ...(isKnown && { isKnown }) });
}

function placesOf(): (address: string) => Place {
  const known = new Map<string, Place>();
  return (text) => {
    const place = known.get(text) ?? placeOf(text);
    known.set(text, place);
    forgetOldest(known, MAX_PLACES);
    return place;
  };
}

/** Of a name, the prefix is its last two labels: anybody can make names below them. */
function placeOf(text: string): Place {
  try {
    const address = multiaddr(text);
    const { kind = "", host = text } = endpointOf(address) ?? {};
    const prefix = kind.startsWith("dns") ? host.split(".").slice(-2).join(".") : addressPrefix(address);
    return { host, prefix, isLocal: isLocal(address) };
  } catch {
    return { host: text, prefix: text, isLocal: false }; // of an earlier run, perhaps: dialling it fails
  }
}
