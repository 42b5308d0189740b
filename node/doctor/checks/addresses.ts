/** Check `addresses`: which addresses others could dial, and what a router does to them. */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { multiaddr } from "@multiformats/multiaddr";
import { type Scope, scopeOfIp } from "../../net/address-scope.ts";
import type { Answer } from "../../net/probe.ts";
import { type DoctorCheck, type DoctorFinding, ok, warning } from "../doctor-check.ts";

const FORWARD =
  "forward the port at the router and tell others that address, or leave it: such a peer dials out, and the network needs one peer that all can dial";

export const addresses: DoctorCheck = {
  name: "addresses",
  about: "which addresses others could dial, which are private, and from where a peer that answers sees this machine",
  withinMs: 8_000,
  async run({ config, running, neighbours }) {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const own = listened(running?.addresses ?? config.listen, all); // of a peer that runs: flags of hearsay up are nowhere else
    const here = all.map(({ address }) => address);
    return [...scopeFindings(own, here), ...natFindings(own, await neighbours())];
  },
};

/** IP addresses of this machine, which has `all`, that the peer listens on. */
export function listened(listen: readonly string[], all: readonly NetworkInterfaceInfo[]): string[] {
  const hosts = listen.map((address) => multiaddr(address).getComponents()[0]);
  return [
    ...new Set(
      hosts.flatMap((host) => {
        if (host?.value !== "0.0.0.0" && host?.value !== "::") return host?.value ?? [];
        const family = host.value === "::" ? "IPv6" : "IPv4";
        return all.filter((one) => one.family === family || host.value === "::").map(({ address }) => address);
      }),
    ),
  ];
}

const WHO: Readonly<Record<Scope, string>> = {
  public: "anybody",
  name: "anybody",
  loopback: "this machine",
  private: "the local network",
  shared: "the network of the carrier (NAT)",
  "link-local": "the same cable",
  none: "nobody",
};

/** @param own that the peer listens on. @param here that the machine has. */
export function scopeFindings(own: readonly string[], here: readonly string[]): DoctorFinding[] {
  const lines = own.map((ip) => `${ip} (${WHO[scopeOfIp(ip)]})`);
  const text = `can be dialled: ${lines.join(", ")}`;
  const scopes = new Set(own.map(scopeOfIp));
  if (scopes.has("public")) return [ok(text)];
  if ([...scopes].every(isNobodyElse)) return [warning(text, wayOut(here))];
  return [warning(text, FORWARD)];
}

function isNobodyElse(scope: Scope): boolean {
  return scope === "loopback" || scope === "none";
}

/** What to do where only this machine could dial: a network of IPv6 alone needs another address than the one that is the default. */
function wayOut(here: readonly string[]): string {
  const others = here.filter((ip) => !isNobodyElse(scopeOfIp(ip)) && scopeOfIp(ip) !== "link-local");
  if (others.length === 0)
    return "connect the machine to a network, or listen on more (--listen /ip4/0.0.0.0/tcp/4001)";
  const anywhere = others.some((ip) => !ip.includes(":")) ? "/ip4/0.0.0.0/tcp/4001" : "/ip6/::/tcp/4001";
  return `the machine is also ${others.join(", ")}: listen there (--listen ${anywhere})`;
}

/** What others see in place of the own addresses. */
export function natFindings(own: readonly string[], answers: readonly Answer[]): DoctorFinding[] {
  const seen = [...new Set(answers.flatMap(({ seenFrom }) => seenFrom ?? []))];
  return seen.map((ip) => {
    if (own.includes(ip)) return ok(`a peer sees this machine as ${ip}, which it is: no router translates`);
    return warning(`a peer sees this machine as ${ip}, which is none of its own: a router translates (NAT)`, FORWARD);
  });
}
