/** The membership of a simulated peer: that of protocol/membership, on the addresses of the simulated network. */
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock, Crypto, Identity, PeerId, Store, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { openAddressBook } from "../../protocol/membership/address-book.ts";
import { heedLeaving } from "../../protocol/membership/leaving.ts";
import { createMembership, type Membership } from "../../protocol/membership/membership.ts";
import { createBudget } from "../../protocol/peer/memory/budget.ts";
import { createIdentities, type Identities } from "../../protocol/peer/memory/identities.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import { taskNames } from "../../protocol/wire/messages.ts";
import { addressOf, simulatedAddresses } from "../network/addresses.ts";

/** How a simulated peer finds others. */
export interface MembershipSpec {
  /** Whom it knows at the start. */
  readonly bootstrap: readonly PeerId[];
  /** Connections that it dials at most; more may come from others. */
  readonly maxOutbound: number;
}

export interface MembershipModules {
  readonly task: Task;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly store: Store;
  readonly rng: Rng;
  /** Peers that its configuration names, with or without an address. */
  readonly configured: readonly PeerId[];
}

export interface SimulatedMembership {
  readonly membership: Membership;
  /** The transport that the peer has to use: the address book hears whom it leaves. */
  readonly transport: Transport;
  /** Who is known: the peer has to use it too. */
  readonly identities: Identities;
}

/** Dials nobody before `membership.start`. */
export async function openMembership(spec: MembershipSpec, modules: MembershipModules): Promise<SimulatedMembership> {
  const { task, clock, crypto, identity, store, configured } = modules;
  const rng = modules.rng.fork("membership");
  const rules = simulatedAddresses(modules.transport.prefixOf);
  const identities = createIdentities([...configured, ...spec.bootstrap]);
  const isKnown = (peer: PeerId) => identities.isKnown(peer);
  const self = identity.peerId;
  const book = await openAddressBook({ clock, rng: rng.fork("book"), store, self, placeOf: rules.placeOf, isKnown });
  const transport = heedLeaving(modules.transport, book);
  const membership = createMembership(
    { clock, rng: rng.fork("exchange"), transport, book, rules },
    {
      bootstrap: spec.bootstrap.map((peer) => ({ peer, address: addressOf(peer) })),
      protocol: taskNames(crypto.sha256(encodeTask(task))).peers,
      maxOutbound: spec.maxOutbound,
      isKnown,
      budget: createBudget({ clock, transport, standing: identities }),
    },
  );
  return { membership, transport, identities };
}
