/** A transport whose address book hears whom the peer leaves, so that these peers are not dialled again. */
import type { Transport } from "../base/seams.ts";
import type { AddressBook } from "./address-book.ts";

export function heedLeaving(transport: Transport, book: Pick<AddressBook, "shun" | "ban">): Transport {
  return {
    ...transport,
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
