/** What addresses mean on a real network: multiaddrs of TCP, and names of the DNS. */
import { Resolver } from "node:dns/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { forgetOldest } from "../../protocol/base/bounded.ts";
import type { AddressRules, Place } from "../../protocol/membership/addresses.ts";
import { addressPrefix } from "./address-prefix.ts";
import {
  type Endpoint,
  endpointOf,
  isLocal,
  type Scope,
  scopeOfConnection,
  scopeOfIp,
  tellable,
  textOf,
} from "./address-scope.ts";

/** Places that are remembered: the book asks for the same ones again and again. */
const MAX_PLACES = 16_384;

const places = new Map<string, Place>();
let resolver: Resolver | undefined;

export const addressRules: AddressRules = {
  placeOf(address) {
    const place = places.get(address) ?? placeOf(address);
    places.set(address, place);
    forgetOldest(places, MAX_PLACES);
    return place;
  },
  tellable: (address, peer, from) => tellable(address, peer, widestScope(from)),
  async resolve(address) {
    const endpoint = endpointOf(multiaddr(address));
    if (endpoint === undefined) return [];
    return endpoint.kind.startsWith("dns") ? addressesOf(endpoint) : [address];
  },
};

/** Of a name, the prefix is its last two labels: anybody can make names below them. */
function placeOf(text: string): Place {
  try {
    const address = multiaddr(text);
    const { kind = "", host = text } = endpointOf(address) ?? {};
    const prefix = kind.startsWith("dns") ? host.split(".").slice(-2).join(".") : addressPrefix(address);
    return { host, prefix, isLocal: isLocal(address) };
  } catch {
    return { host: text, prefix: text, isLocal: false }; // of an earlier run, perhaps: dialling it fails
  }
}

/** Of one that is connected from several places, the widest counts: it sees less of this machine. */
function widestScope(from: readonly string[]): Scope {
  const scopes = from.map(scopeOfConnection);
  return scopes.find((scope) => scope === "public") ?? scopes[0] ?? "none";
}

/** Where a name leads: to public addresses only. */
async function addressesOf({ kind, host, port }: Endpoint): Promise<string[]> {
  resolver ??= new Resolver({ timeout: 2_000, tries: 1 }); // not getaddrinfo, whose few threads the database needs too
  const [v4, v6] = await Promise.all([
    kind === "dns6" ? [] : resolver.resolve4(host).catch(() => []),
    kind === "dns4" ? [] : resolver.resolve6(host).catch(() => []),
  ]);
  const places: Endpoint[] = [
    ...v4.map((ip) => ({ kind: "ip4", host: ip, port }) as const),
    ...v6.map((ip) => ({ kind: "ip6", host: ip, port }) as const),
  ];
  return places.filter(({ host: ip }) => scopeOfIp(ip) === "public").map(textOf);
}
