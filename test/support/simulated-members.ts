/** Peers that have nothing but membership, on a simulated network in virtual time. */
import { nodeCrypto } from "../../node/crypto.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Dialled, DialOptions, PeerId, Store, Transport } from "../../protocol/base/seams.ts";
import { type AddressBook, openAddressBook } from "../../protocol/membership/address-book.ts";
import { heedLeaving } from "../../protocol/membership/leaving.ts";
import { createMembership, type Membership } from "../../protocol/membership/membership.ts";
import { registerServices } from "../../protocol/peer/services.ts";
import { addressOf, simulatedAddresses } from "../../sim/network/addresses.ts";
import { constantLatency } from "../../sim/network/conditions.ts";
import { createNetwork, type Network } from "../../sim/network/network.ts";
import { unsignedIdentity } from "../../sim/run/cast.ts";
import { createVirtualClock, type VirtualClock } from "../../sim/seams/clock.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";

/** Name of the peer exchange. */
export const PEERS = "/test/peers/2.0.0";

export interface SimulatedMember {
  readonly id: PeerId;
  readonly transport: Transport;
  readonly book: AddressBook;
  readonly membership: Membership;
  readonly store: Store;
  /** Its dials: when, and to whom. */
  readonly dials: { readonly atMs: number; readonly address: string; readonly probe: boolean }[];
  /** As if its machine lost power. */
  kill(): void;
}

export interface SimulatedMemberOptions {
  /** Whom its owner names, by number. */
  readonly bootstrap?: readonly number[];
  /** The same, by addresses alone. */
  readonly nameless?: readonly number[];
  readonly maxOutbound?: number;
  readonly known?: ReadonlySet<PeerId>;
  /** A restart goes on with the store of before. */
  readonly store?: Store;
}

export interface SimulatedMembers {
  readonly clock: VirtualClock;
  readonly network: Network;
  idOf(number: number): PeerId;
  add(number: number, options?: SimulatedMemberOptions): Promise<SimulatedMember>;
  /** Lets so much time pass. */
  run(forMs: number): Promise<void>;
}

export function createSimulatedMembers(latencyMs = 20): SimulatedMembers {
  const clock = createVirtualClock();
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions: constantLatency(latencyMs) });
  const identityOf = unsignedIdentity(nodeCrypto);
  const idOf = (number: number) => identityOf(Uint8Array.of(number)).peerId;
  const rules = simulatedAddresses((peer) => peer);
  let starts = 0;

  async function add(number: number, options: SimulatedMemberOptions = {}): Promise<SimulatedMember> {
    const { bootstrap = [], nameless = [], maxOutbound = 8, known = new Set(), store = createMemoryStore() } = options;
    const id = idOf(number);
    const rng = createRng(`member/${number}/${starts++}`);
    const isKnown = (peer: PeerId) => known.has(peer);
    const book = await openAddressBook({ clock, rng: rng.fork("book"), store, self: id, ...rules, isKnown });
    const dials: SimulatedMember["dials"] = [];
    const plain = network.join(id);
    const transport = heedLeaving({ ...plain, dial: noted }, book);
    const named = bootstrap.map((other) => ({ address: addressOf(idOf(other)), peer: idOf(other) }));
    const unnamed = nameless.map((other) => ({ address: addressOf(idOf(other)) }));
    const parts = { clock, rng: rng.fork("exchange"), transport, book, rules };
    const membership = createMembership(parts, {
      ...{ bootstrap: [...named, ...unnamed], protocol: PEERS, maxOutbound, isKnown },
    });
    const ending = new AbortController();
    registerServices(transport, [membership.service], ending.signal);
    membership.start();

    function noted(address: string, options: DialOptions = {}): Promise<Dialled> {
      dials.push({ atMs: clock.monotonicMs(), address, probe: options.probe === true });
      return plain.dial(address, options);
    }
    function kill(): void {
      ending.abort();
      void membership.stop();
      network.leave(id);
    }
    return { id, transport, book, membership, store, dials, kill };
  }
  return { clock, network, idOf, add, run: (forMs) => clock.run(clock.now() + forMs) };
}
