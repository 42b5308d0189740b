/** The address book on disk: for each peer that was reached, the addresses where it was, as strict DAG-CBOR. */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { StoreChange } from "../base/seams.ts";
import { STORE } from "../base/store-layout.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import type { Book } from "./book-state.ts";
import { newCard } from "./card.ts";

/** The source of peers of earlier runs. */
const REMEMBERED = "remembered";

/**
 * Reads the peers of earlier runs.
 * @throws HearsayError ERR_STATE where a stored card does not decode.
 */
export async function load({ cards, clock, store }: Book): Promise<void> {
  for await (const [key, value] of store.range(STORE.book)) {
    const card = newCard(key.slice(STORE.book.length), REMEMBERED, clock.monotonicMs());
    card.verified = decodeCard(key, value).slice(0, LIMITS.maxAddressesPerPeer - 1);
    if (card.verified.length > 0) cards.set(card.peer, card);
  }
}

/** Writes what changed since the last save. */
export async function save({ cards, changed, store }: Book): Promise<void> {
  const peers = [...changed];
  if (peers.length === 0) return;
  changed.clear();
  const changes = peers.map((peer): StoreChange => {
    const card = cards.get(peer);
    const key = `${STORE.book}${peer}`;
    const wasReached = card?.reachedMs !== undefined || card?.source === REMEMBERED;
    return wasReached && card !== undefined && card.verified.length > 0
      ? { key, value: encodeCanonical(card.verified) }
      : { key };
  });
  try {
    await store.write(changes);
  } catch (error) {
    for (const peer of peers) changed.add(peer); // for the next save
    throw error;
  }
}

function decodeCard(key: string, value: Uint8Array): string[] {
  const damaged = `the address book entry ${key} is damaged`;
  let addresses: unknown;
  try {
    addresses = decodeCanonical(value, 16 * 1024);
  } catch (cause) {
    throw new HearsayError("ERR_STATE", damaged, { key }, cause);
  }
  if (Array.isArray(addresses) && addresses.every((address) => typeof address === "string")) return addresses;
  throw new HearsayError("ERR_STATE", damaged, { key });
}
