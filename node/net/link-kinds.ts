/**
 * Kinds of links, by which a budget can differ: where a connection leads to, or the network interface that it goes through.
 *
 *     loopback      the other end is on this machine (of multicast: it goes through the loopback interface)
 *     lan           the other end has a private or link-local address
 *     lte           an interface of a mobile modem: wwan*, wwp*, rmnet*, ccmni*, ppp*
 *     wifi          an interface of a wireless network: wl*, ath*
 *     wwan0, en*    an interface of that name
 *     10.0.0.0/8    the other end has such an address
 *     other         what no other line fits
 */
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { scopeOfIp } from "./address-scope.ts";

/** The two ends of a connection. */
export interface Ends {
  /** IP address of this end. */
  readonly local: string | undefined;
  /** IP address of the other end. */
  readonly remote: string | undefined;
  /** A datagram to a group: `remote` is this end again, which stands for whoever hears it on its network. */
  readonly isMulticast?: true;
}

const OF_KIND: Readonly<Record<string, (ends: Ends) => boolean>> = {
  loopback: ({ local, remote, isMulticast }) =>
    isScope(remote, "loopback") || (!isMulticast && remote !== undefined && remote === local),
  lan: ({ remote }) => ["private", "link-local"].some((scope) => isScope(remote, scope)),
  lte: ({ local }) => /^(wwan|wwp|rmnet|ccmni|ppp)/.test(interfaceOf(local) ?? ""),
  wifi: ({ local }) => /^(wl|ath)/.test(interfaceOf(local) ?? ""),
  all: () => true,
  other: () => true,
};

/** Whether a connection is of a kind. */
export function isOfKind(kind: string, ends: Ends): boolean {
  const known = Object.hasOwn(OF_KIND, kind) ? OF_KIND[kind] : undefined;
  if (known !== undefined) return known(plainEnds(ends));
  return kind.includes("/") ? isInRange(kind, plainEnds(ends)) : isInterface(kind, plainEnds(ends));
}

function plainEnds({ local, remote, ...rest }: Ends): Ends {
  return { ...rest, local: plainAddress(local), remote: plainAddress(remote) };
}

/** A socket that listens on IPv6 tells of IPv4 in IPv6 form. */
function plainAddress(ip: string | undefined): string | undefined {
  return ip?.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}

function isScope(ip: string | undefined, scope: string): boolean {
  return ip !== undefined && scopeOfIp(ip) === scope;
}

function isInRange(range: string, { remote = "" }: Ends): boolean {
  const [network = "", bits] = range.split("/");
  const [family, other] = [isIP(network), isIP(remote)];
  if (family !== other) return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, Number(bits), type);
  return list.check(remote, type);
}

function isInterface(pattern: string, { local }: Ends): boolean {
  const name = interfaceOf(local);
  if (name === undefined) return false;
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function interfaceOf(local: string | undefined): string | undefined {
  const found = Object.entries(networkInterfaces()).find(([, list]) => list?.some(({ address }) => address === local));
  return found?.[0];
}
