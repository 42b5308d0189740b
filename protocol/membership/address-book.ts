/**
 * The address book: who exists, where each was reached, and when to try again. Pure bookkeeping; `node/membership.ts` dials.
 *
 * A lost peer is redialled for ever: delay after the n-th failure in a row = min(first * 2^(n-1), longest), times a factor in
 * [0.5, 1.5) so that a network that went down together does not come back in step.
 */

import { HearsayError } from "../errors.ts";
import { power } from "../exp-log.ts";
import { LIMITS } from "../limits.ts";
import type { Rng } from "../rng.ts";
import type { Clock, PeerId, Store, StoreChange } from "../seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import type { PeerAddresses } from "../wire/messages.ts";

export const REDIAL_FIRST_MS = 500;
export const REDIAL_LONGEST_MS = 60_000;

export interface AddressBook {
  /** Adds a peer or addresses; newest first, bounded. Returns false where nothing was new. */
  learn(peer: PeerId, addresses: readonly string[]): boolean;
  /** A connection opened: the addresses are good. */
  reached(peer: PeerId): void;
  /** A dial failed, or a connection closed. */
  lost(peer: PeerId): void;
  /** Works on another task: never dialled or passed on again. */
  ban(peer: PeerId): void;
  isBanned(peer: PeerId): boolean;
  /** Peers whose time to be dialled has come, the longest due first. */
  due(): PeerAddresses[];
  addressesOf(peer: PeerId): readonly string[];
  /** Peers that were reached at least once, in random order: what is passed on to others. */
  reachable(limit: number): PeerAddresses[];
  size(): number;
  /** Writes what changed since the last save. */
  save(): Promise<void>;
}

interface Card {
  addresses: string[];
  everReached: boolean;
  banned: boolean;
  failures: number;
  nextDialMs: number;
}

const PREFIX = "book/";

/** @throws HearsayError ERR_STATE where a stored card does not decode. */
export async function openAddressBook(modules: {
  clock: Clock;
  rng: Rng;
  store: Store;
  self: PeerId;
}): Promise<AddressBook> {
  const { clock, rng, store, self } = modules;
  const cards = new Map<PeerId, Card>();
  const changed = new Set<PeerId>();

  for await (const [key, value] of store.range(PREFIX)) {
    cards.set(key.slice(PREFIX.length), newCard(decodeCard(key, value), true));
  }

  function newCard(addresses: string[], everReached: boolean): Card {
    return { addresses, everReached, banned: false, failures: 0, nextDialMs: clock.monotonicMs() };
  }

  /** A full book drops a card that was never reached, else one that is banned (it is banned again when it turns up), else refuses. */
  function makeRoom(): boolean {
    if (cards.size < LIMITS.maxKnownPeers) return true;
    for (const [peer, card] of cards) {
      if (!card.everReached && !card.banned) return cards.delete(peer);
    }
    for (const [peer, { banned }] of cards) {
      if (banned) return cards.delete(peer);
    }
    return false;
  }

  return {
    learn(peer, offered) {
      const addresses = offered.filter(({ length }) => length <= LIMITS.maxAddressLength); // longer ones could not be passed on
      if (peer === self || addresses.length === 0) return false;
      const card = cards.get(peer);
      if (card === undefined) {
        if (!makeRoom()) return false;
        cards.set(peer, newCard(addresses.slice(0, LIMITS.maxAddressesPerPeer), false));
        return true;
      }
      const fresh = addresses.filter((address) => !card.addresses.includes(address));
      if (fresh.length === 0) return false;
      card.addresses = [...fresh, ...card.addresses].slice(0, LIMITS.maxAddressesPerPeer);
      if (card.everReached) changed.add(peer);
      return true;
    },
    reached(peer) {
      const card = cards.get(peer);
      if (card === undefined) return;
      if (!card.everReached) changed.add(peer);
      card.everReached = true;
      card.failures = 0;
    },
    lost(peer) {
      const card = cards.get(peer);
      if (card === undefined) return;
      const delayMs = Math.min(REDIAL_FIRST_MS * power(2, Math.min(card.failures, 30)), REDIAL_LONGEST_MS);
      card.failures++;
      card.nextDialMs = clock.monotonicMs() + delayMs * (0.5 + rng.uniform());
    },
    ban(peer) {
      const card = cards.get(peer) ?? newCard([], false);
      card.banned = true;
      if (cards.has(peer) || makeRoom()) cards.set(peer, card);
      changed.add(peer);
    },
    isBanned: (peer) => cards.get(peer)?.banned === true,
    due() {
      const now = clock.monotonicMs();
      return [...cards]
        .filter(([, card]) => !card.banned && card.nextDialMs <= now && card.addresses.length > 0)
        .sort(([, a], [, b]) => a.nextDialMs - b.nextDialMs)
        .map(([peer, { addresses }]) => ({ peer, addresses }));
    },
    addressesOf: (peer) => cards.get(peer)?.addresses ?? [],
    reachable(limit) {
      const known = [...cards].filter(([, card]) => card.everReached && !card.banned);
      const order = rng.permutation(known.length).slice(0, limit);
      return Array.from(order, (i) => {
        const [peer, { addresses }] = known[i] as [PeerId, Card];
        return { peer, addresses };
      });
    },
    size: () => cards.size,
    async save() {
      const peers = [...changed];
      if (peers.length === 0) return;
      changed.clear();
      const changes = peers.map((peer): StoreChange => {
        const card = cards.get(peer);
        const key = `${PREFIX}${peer}`;
        return card?.everReached && !card.banned ? { key, value: encodeCanonical(card.addresses) } : { key };
      });
      try {
        await store.write(changes);
      } catch (error) {
        for (const peer of peers) changed.add(peer); // for the next save
        throw error;
      }
    },
  };
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
