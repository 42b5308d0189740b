/** The address book of a real peer: that of protocol/membership with the places of multiaddrs. */
import type { PeerId, Store } from "../../protocol/base/seams.ts";
import { type AddressBook, openAddressBook } from "../../protocol/membership/address-book.ts";
import { wallClock } from "../clock.ts";
import { createSecretRng } from "../secret-rng.ts";
import { addressRules } from "./address-rules.ts";

/** @throws HearsayError ERR_STATE where a stored card does not decode. */
export function openBook(store: Store, self: PeerId, isKnown?: (peer: PeerId) => boolean): Promise<AddressBook> {
  const rng = createSecretRng();
  return openAddressBook({
    clock: wallClock,
    rng,
    store,
    self,
    placeOf: addressRules.placeOf,
    ...(isKnown && { isKnown }),
  });
}
