/** The part of an address that costs money to have many of: /24 of IPv4, /64 of IPv6 (RFC 4291: one subnet, often one household or server). */
import type { Multiaddr } from "@multiformats/multiaddr";

/** `192.0.2` of 192.0.2.7, `2001:db8:0:1` of 2001:db8:0:1::7, also of an IPv4 address in IPv6 form; a name is its own prefix. */
export function addressPrefix(address: Multiaddr): string {
  const [host] = address.getComponents();
  if (host?.value === undefined) return "";
  if (host.name === "ip4") return host.value.split(".").slice(0, 3).join(".");
  if (host.name !== "ip6") return host.value;
  const groups = groupsOf(host.value);
  const isMapped = groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff";
  return isMapped ? mappedPrefix(groups) : groups.slice(0, 4).join(":");
}

/** A prefix as firewalls write it: `192.0.2.0/24`, `2001:db8:0:1::/64`. */
export function prefixText(prefix: string): string {
  if (/^\d+\.\d+\.\d+$/.test(prefix)) return `${prefix}.0/24`;
  return prefix.includes(":") ? `${prefix}::/64` : prefix || "no address";
}

/** The eight groups of an IPv6 address, without leading zeros; `::` filled in. The WHATWG parser brings every spelling to one. */
function groupsOf(address: string): string[] {
  const [zoneless = ""] = address.split("%");
  const canonical = new URL(`http://[${zoneless}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const [left, right] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Math.max(0, 8 - (left?.length ?? 0) - (right?.length ?? 0));
  return [...(left ?? []), ...Array<string>(zeros).fill("0"), ...(right ?? [])];
}

function mappedPrefix(groups: readonly string[]): string {
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8].join(".");
}
