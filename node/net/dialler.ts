/** Opens the connections that the address book asks for, and tells it what came of each. */
import { Resolver } from "node:dns/promises";
import type { Connection } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import type { Dial } from "../../protocol/membership/due.ts";
import { type Endpoint, endpointOf, scopeOfIp, textOf } from "./address-scope.ts";

/** Both ends may be busy. Nobody waits for it: addresses are dialled one by one, peers side by side. */
const DIAL_TIMEOUT_MS = 10_000;
/** Known peers are dialled side by side, so that those that are gone keep nobody waiting; strangers a few at a time. */
const TRUSTED_AT_ONCE = 32;
const STRANGERS_AT_ONCE = 4;

export interface Dialler {
  /** Begins, unless the peer or the address is being dialled, or too many are. */
  tryDial(dial: Dial): void;
  /** Dials that no connection has come of yet: of all peers, of those that are not trusted; probes are not among them. */
  pending(): { readonly all: number; readonly strangers: number };
}

interface Dialling {
  dial(target: Multiaddr, options: { signal: AbortSignal; force: boolean }): Promise<Connection>;
}

export function createDialler(node: Dialling, book: AddressBook): Dialler {
  const inProgress = new Map<PeerId, Dial>();
  const resolver = new Resolver({ timeout: 2_000, tries: 1 }); // not getaddrinfo, whose few threads the database needs too

  async function run(dial: Dial): Promise<void> {
    const { peer, address } = dial;
    let ip: string | undefined;
    try {
      ip = dial.configured ? undefined : await resolve(resolver, book, dial);
      const target = multiaddr(`${ip ?? address}/p2p/${peer}`);
      const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS);
      const connection = await node.dial(target, { signal, force: dial.probe });
      if (leadsTo(connection, target)) book.reached(peer, address);
      if (dial.probe && connection.direction === "outbound") await connection.close();
      else book.connected(peer);
    } catch {
      book.failed(peer, address, ip); // the book says when to try again
    }
  }

  return {
    tryDial(dial) {
      const sameAddress = [...inProgress.values()].some(({ address }) => address === dial.address);
      if (inProgress.has(dial.peer) || sameAddress) return;
      const others = [...inProgress.values()].filter(({ trusted }) => trusted === dial.trusted).length;
      if (others >= (dial.trusted ? TRUSTED_AT_ONCE : STRANGERS_AT_ONCE)) return;
      inProgress.set(dial.peer, dial);
      void run(dial).finally(() => inProgress.delete(dial.peer));
    },
    pending() {
      const opening = [...inProgress.values()].filter(({ probe }) => !probe);
      return { all: opening.length, strangers: opening.filter(({ trusted }) => !trusted).length };
    },
  };
}

/**
 * Where a name leads that others told of, as an address; undefined where the address is no name.
 * @throws Error where it leads to no public address that may be tried.
 */
async function resolve(resolver: Resolver, book: AddressBook, { peer, address }: Dial): Promise<string | undefined> {
  const endpoint = endpointOf(multiaddr(address));
  if (endpoint === undefined) throw new Error("not a TCP address");
  const { kind, host, port } = endpoint;
  if (!kind.startsWith("dns")) return undefined;
  const [v4, v6] = await Promise.all([
    kind === "dns6" ? [] : resolver.resolve4(host).catch(() => []),
    kind === "dns4" ? [] : resolver.resolve6(host).catch(() => []),
  ]);
  const places: Endpoint[] = [
    ...v4.map((ip) => ({ kind: "ip4", host: ip, port }) as const),
    ...v6.map((ip) => ({ kind: "ip6", host: ip, port }) as const),
  ];
  const targets = places.filter(({ host: ip }) => scopeOfIp(ip) === "public").map(textOf);
  const target = targets.find((text) => book.mayTry(peer, text));
  if (target === undefined) throw new Error(`${host} leads to no public address that may be tried`);
  return target;
}

/** The dial itself has opened this connection: libp2p may give another one of the peer that is there already. */
function leadsTo({ direction, remoteAddr }: Connection, target: Multiaddr): boolean {
  const [there, wanted] = [endpointOf(remoteAddr), endpointOf(target)];
  return direction === "outbound" && there !== undefined && wanted !== undefined && textOf(there) === textOf(wanted);
}
