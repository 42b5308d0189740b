/**
 * What kind of place an address names, and who may tell of it. A peer that tells of an address makes this peer send packets there; so what comes from
 * the network is dialled only where it leads to the public Internet, or to a place where the teller is itself.
 */
import { BlockList, isIP } from "node:net";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { PeerConnection } from "../../protocol/base/seams.ts";

/**
 * `public`: a global unicast address. `loopback`, `private` (RFC 1918, RFC 4193), `shared` (RFC 6598, carriers' NAT) and `link-local`: mean
 * something only to peers that are there too. `name`: of the DNS, which may lead anywhere. `none`: no place that anybody could be told of.
 */
export type Scope = "public" | "name" | "loopback" | "private" | "shared" | "link-local" | "none";

/** Where a TCP connection goes: the only kind of address that is dialled. */
export interface Endpoint {
  readonly kind: "ip4" | "ip6" | "dns" | "dns4" | "dns6";
  readonly host: string;
  readonly port: number;
}

const SCOPES: readonly (readonly [scope: Scope, ...subnets: readonly string[]])[] = [
  ["loopback", "127.0.0.0/8", "::1/128"],
  ["private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  ["shared", "100.64.0.0/10"],
  ["link-local", "169.254.0.0/16", "fe80::/10"],
  // "this network", IETF protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved (RFC 6890)
  ["none", "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24"],
  ["none", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // IETF protocol assignments with Teredo, documentation, 6to4
  ["none", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
  ["public", "0.0.0.0/0", "2000::/3"], // what else there is of IPv6 is no global unicast, or IPv4 in disguise
];

const LISTS = SCOPES.map(([scope, ...subnets]) => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", bits] = subnet.split("/");
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? "ipv4" : "ipv6");
  }
  return { scope, list };
});

/** Labels of letters, digits and hyphens; at least two, so that no name of the local network is meant. */
const NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;
/** Names of the local network and of this machine (RFC 6761, 6762, 8375, 9476). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|localdomain)$/i;

/** `/ip4|ip6|dns|dns4|dns6/.../tcp/<port>`, with or without a peer id at its end; undefined for every other address. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const [host, port, ...rest] = address.getComponents();
  const kind = host?.name;
  if (kind !== "ip4" && kind !== "ip6" && kind !== "dns" && kind !== "dns4" && kind !== "dns6") return undefined;
  if (port?.name !== "tcp" || rest.length > 1 || (rest[0] !== undefined && rest[0].name !== "p2p")) return undefined;
  const number = Number(port.value);
  if (host?.value === undefined || !(number >= 1 && number <= 65_535)) return undefined;
  return { kind, host: host.value, port: number };
}

export function scopeOf({ kind, host }: Pick<Endpoint, "kind" | "host">): Scope {
  if (kind.startsWith("dns")) return NAME.test(host) && !LOCAL_NAME.test(host) ? "name" : "none";
  return scopeOfIp(host);
}

/** Of an IP address; IPv4 in IPv6 form is `none`. */
export function scopeOfIp(ip: string): Scope {
  const family = isIP(ip);
  if (family === 0) return "none";
  if (family === 6 && /^::(?:ffff:)?\d+\.|^::ffff:/i.test(ip)) return "none";
  return LISTS.find(({ list }) => list.check(ip, family === 4 ? "ipv4" : "ipv6"))?.scope ?? "none";
}

/** Whether an address lies on this machine or in the local network. */
export function isLocal(address: Multiaddr | undefined): boolean {
  const endpoint = address === undefined ? undefined : endpointOf(address);
  return endpoint !== undefined && !["public", "name", "none"].includes(scopeOf(endpoint));
}

/**
 * An address as the book keeps it, if a peer that is connected from `teller` may tell of it: `/ip4/192.0.2.1/tcp/4001`, without the peer id,
 * which must be that of `peer` where it is there. Loopback addresses come from loopback only, private ones from private ones, and so on.
 */
export function tellable(text: string, peer: string, teller: Scope): string | undefined {
  let address: Multiaddr;
  try {
    address = multiaddr(text);
  } catch {
    return undefined;
  }
  const endpoint = endpointOf(address);
  const named = address.getComponents().find(({ name }) => name === "p2p")?.value;
  if (endpoint === undefined || (named !== undefined && named !== peer)) return undefined;
  const scope = scopeOf(endpoint);
  const may = scope === "public" || scope === "name" || (scope !== "none" && scope === teller);
  return may ? textOf(endpoint) : undefined;
}

export function textOf({ kind, host, port }: Endpoint): string {
  return `/${kind}/${host.toLowerCase()}/tcp/${port}`;
}

/** The scope from which a connection comes, by the text of its address. */
export function scopeOfConnection(address: string): Scope {
  const [, ip = ""] = /^\/ip[46]\/([^/]+)/.exec(address) ?? [];
  return scopeOfIp(plainIp(ip));
}

/** IPv4 where it is written in IPv6 form, as a socket that listens on both writes it. */
export function plainIp(ip: string): string {
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(ip);
  if (mapped === null) return ip;
  const [, dotted, high = "0", low = "0"] = mapped;
  if (dotted !== undefined) return dotted;
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join(".");
}

/** Where a connection leads: this machine, the local network, or elsewhere. */
export type PlaceKind = "loopback" | "lan" | "internet";

/** Every kind of place, from near to far. */
export const PLACE_KINDS: readonly PlaceKind[] = ["loopback", "lan", "internet"];

/** Of a connection; one to a name goes by where the name led. */
export function kindOfConnection({
  address,
  leadsTo = address,
}: Pick<PeerConnection, "address" | "leadsTo">): PlaceKind {
  return kindOfPlace(leadsTo);
}

/** Of the address of a connection, a multiaddr in text. */
export function kindOfPlace(address: string): PlaceKind {
  let endpoint: Endpoint | undefined;
  try {
    endpoint = endpointOf(multiaddr(address));
  } catch {
    return "internet";
  }
  const scope = endpoint && scopeOf(endpoint);
  if (scope === "loopback") return "loopback";
  return scope === "private" || scope === "link-local" ? "lan" : "internet";
}
