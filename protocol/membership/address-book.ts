/**
 * The address book: who exists, where each was reached, and when to try again. Pure bookkeeping; `membership.ts` has it dialled.
 *
 * An address is *verified* by a dial that reached it and found the key of that very peer; everything else is what somebody *told*. A peer without a
 * verified address is a *stranger*: strangers are few, fewer for each source that tells, soon given up (attempts.ts), never saved and never
 * passed on. Peers that are configured, or that delivered a model, are *trusted*: nothing that anybody tells drops them or their addresses.
 *
 * A lost peer is redialled after 0.5 s, 1 s ... 5 s, and after some minutes ever more rarely (card.ts), times a factor in [0.5, 1.5) so that a
 * network that went down together does not come back in step. Trusted ones for ever, others for a day. One that ends connections within seconds, and has not greeted on them, is there
 * and wants none (a gateway speaks for it, or it is full): it is dialled after 0.5 s, 5 s, 10 s ... a minute.
 */
import { forgetOldest, putNewest } from "../base/bounded.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import type { PeerAddresses } from "../wire/messages.ts";
import { createAttempts } from "./attempts.ts";
import { type AddressBookModules, attemptAt, type Book, remove } from "./book-state.ts";
import { isStranger } from "./card.ts";
import { type Dial, due } from "./due.ts";
import { configure, learn, type Source } from "./learn.ts";
import { failed, lost, reached } from "./outcomes.ts";
import { reachable } from "./passed-on.ts";
import { load, save } from "./stored-book.ts";

export interface AddressBook {
  /** Whose book it is. */
  readonly self: PeerId;
  /** The owner of this peer names another. */
  configure(peer: PeerId, address: string): void;
  /** Somebody told of a peer, or of more addresses. False where nothing was new, or no room is left. */
  learn(peer: PeerId, addresses: readonly string[], source: Source): boolean;
  /** Connections opened, and the last one closed. */
  connected(peer: PeerId): void;
  lost(peer: PeerId): void;
  /** A connected peer has greeted: it wants the connection. */
  greeted(peer: PeerId): void;
  /** A dial found the key of this peer at this address. */
  reached(peer: PeerId, address: string): void;
  /** A dial did not; `ip` where a name led to it. */
  failed(peer: PeerId, address: string, ip?: string): void;
  /** Whether a name that was told may be dialled where it leads to. */
  mayTry(peer: PeerId, address: string): boolean;
  /** What to dial now: trusted peers first, then those that were reached before, then strangers, a source at a time. No address twice. */
  due(): Dial[];
  /** The network is back, or another one: peers that were reached before are due at once. */
  hurry(): void;
  /** Works on another task: forgotten, and not learned again for a while. */
  shun(peer: PeerId): void;
  /** There is evidence against its key: never dialled or passed on again. */
  ban(peer: PeerId): void;
  isBanned(peer: PeerId): boolean;
  addressesOf(peer: PeerId): readonly string[];
  /** Peers that a dial reached in this run and where: those that are here or were a moment ago, in random order, then the others. */
  reachable(limit: number): PeerAddresses[];
  size(): number;
  /** Writes what changed since the last save. */
  save(): Promise<void>;
}

/** @throws HearsayError ERR_STATE where a stored card does not decode. */
export async function openAddressBook(modules: AddressBookModules): Promise<AddressBook> {
  const { clock, isKnown = () => false } = modules;
  const book: Book = {
    ...modules,
    isKnown,
    cards: new Map(),
    strangers: new Map(),
    attempts: createAttempts(clock),
    banned: new Set(),
    shunned: new Map(),
    changed: new Set(),
  };
  await load(book);
  return methodsOf(book);
}

function methodsOf(book: Book): AddressBook {
  const { cards, clock, attempts } = book;
  return {
    self: book.self,
    configure: (peer, address) => configure(book, peer, address),
    learn: (peer, addresses, source) => learn(book, peer, addresses, source),
    connected(peer) {
      const card = cards.get(peer);
      if (card === undefined || card.connected) return;
      card.connected = true;
      card.connectedMs = clock.monotonicMs();
      card.failures = card.turn = 0;
    },
    lost: (peer) => lost(book, peer),
    greeted(peer) {
      const card = cards.get(peer);
      if (card !== undefined) card.hasGreeted = true;
    },
    reached: (peer, address) => reached(book, peer, address),
    failed: (peer, address, ip) => failed(book, peer, address, ip),
    mayTry(peer, address) {
      const card = cards.get(peer);
      return card === undefined || card.configured || attempts.mayTry(attemptAt(book, card, address));
    },
    due: () => due(book),
    hurry() {
      for (const card of cards.values())
        if (!isStranger(card))
          Object.assign(card, { nextDialMs: clock.monotonicMs(), failures: 0, turn: 0, brief: 0, refusals: 0 });
    },
    shun(peer) {
      putNewest(book.shunned, peer, clock.monotonicMs() + LIMITS.shunMs, LIMITS.maxShunned);
      if (cards.get(peer)?.configured !== true) remove(book, peer);
    },
    ban(peer) {
      book.banned.add(peer);
      forgetOldest(book.banned, LIMITS.maxIdentities.bannedKnown);
      remove(book, peer);
    },
    isBanned: (peer) => book.banned.has(peer),
    addressesOf(peer) {
      const card = cards.get(peer);
      return card === undefined ? [] : [...card.verified, ...card.told.map(({ address }) => address)];
    },
    reachable: (limit) => reachable(book, limit),
    size: () => cards.size,
    save: () => save(book),
  };
}
