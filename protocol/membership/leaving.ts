/** A transport whose address book hears whom the peer leaves, so that these peers are not dialled again; and who greets it, so that these are dialled soon when they are lost. */
import type { Transport } from "../base/seams.ts";
import type { AddressBook } from "./address-book.ts";

export function heedLeaving(transport: Transport, book: Pick<AddressBook, "shun" | "ban" | "greeted">): Transport {
  return {
    ...transport,
    keep(peer) {
      book.greeted(peer);
      transport.keep(peer);
    },
    shun(peer) {
      book.shun(peer);
      transport.shun(peer);
    },
    block(peer) {
      book.ban(peer);
      transport.block(peer);
    },
  };
}
