/**
 * Membership of a real peer: that of protocol/membership on the wall clock and libp2p, and what only a machine has: multicast, addresses that come
 * and go with its interfaces, and connections that die without a word.
 */
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import {
  type BootstrapAddress,
  createMembership,
  type Membership,
  type MembershipOptions,
} from "../../protocol/membership/membership.ts";
import { wallClock } from "../clock.ts";
import { createSecretRng } from "../secret-rng.ts";
import { addressRules } from "./address-rules.ts";
import { scopeOfIp, tellable } from "./address-scope.ts";
import { peerIn } from "./connections.ts";
import { watchInterfaces } from "./interfaces.ts";
import type { HearsayNode } from "./libp2p.ts";
import { startLiveness } from "./liveness.ts";

export interface NodeMembershipOptions extends Omit<MembershipOptions, "bootstrap"> {
  /** Multiaddrs, with or without /p2p/<peer id>. */
  readonly bootstrap: readonly string[];
}

export interface NodeMembership extends Pick<Membership, "service" | "start" | "stop"> {
  /** Somebody at an IP address tells of a peer by multicast. */
  found(peer: PeerId, addresses: readonly string[], fromIp: string): void;
}

/** Dials nobody before `start`; its `service` is registered by the peer (protocol/peer/services.ts). */
export function createNodeMembership(
  node: Pick<HearsayNode, "getConnections" | "hearing" | "quiet" | "discovery">,
  transport: Transport,
  book: AddressBook,
  options: NodeMembershipOptions,
): NodeMembership {
  const parts = { clock: wallClock, rng: createSecretRng(), transport, book, rules: addressRules };
  const membership = createMembership(parts, { ...options, bootstrap: options.bootstrap.map(bootstrapAddress) });
  const liveness = startLiveness(node);
  const interfaces = watchInterfaces(() => {
    liveness.suspect(); // connections may be dead, and peers can be reached again
    membership.hurry();
  });
  function found(peer: PeerId, addresses: readonly string[], fromIp: string): void {
    const told = toldFrom(fromIp, interfaces.has(fromIp), peer, addresses);
    membership.found(peer, told, { name: `multicast ${fromIp}`, ownHost: fromIp });
  }
  return {
    service: membership.service,
    found,
    start() {
      membership.start();
      node.discovery?.onFound(found);
    },
    stop() {
      liveness.stop();
      interfaces.stop();
      return membership.stop();
    },
  };
}

/** What somebody at an IP address may tell of a peer: addresses of the same scope, and where it is on this very machine, of loopback. */
function toldFrom(ip: string, isHere: boolean, peer: PeerId, addresses: readonly string[]): string[] {
  const scopes = isHere ? [scopeOfIp(ip), "loopback" as const] : [scopeOfIp(ip)];
  const told = scopes.flatMap((scope) => addresses.map((text) => tellable(text, peer, scope)));
  return [...new Set(told.filter((address) => address !== undefined))];
}

/** The address alone, and the peer id with which it ends, if it does. */
function bootstrapAddress(address: string): BootstrapAddress {
  const peer = peerIn(address);
  return peer === undefined ? { address } : { address: address.replace(/\/p2p\/[^/]+$/, ""), peer };
}
