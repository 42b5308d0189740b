/** Check `addresses`: which addresses others could dial, and what a router does to them. */
import { networkInterfaces } from "node:os";
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
  async run({ config, neighbours }) {
    const own = listened(config.listen);
    return [...scopeFindings(own), ...natFindings(own, await neighbours())];
  },
};

/** IP addresses of this machine that the peer listens on. */
function listened(listen: readonly string[]): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
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

export function scopeFindings(own: readonly string[]): DoctorFinding[] {
  const lines = own.map((ip) => `${ip} (${WHO[scopeOfIp(ip)]})`);
  const text = `can be dialled: ${lines.join(", ")}`;
  const scopes = new Set(own.map(scopeOfIp));
  if (scopes.has("public")) return [ok(text)];
  if ([...scopes].every((scope) => scope === "loopback" || scope === "none"))
    return [warning(text, "connect the machine to a network, or listen on more (--listen /ip4/0.0.0.0/tcp/4001)")];
  return [warning(text, FORWARD)];
}

/** What others see in place of the own addresses. */
export function natFindings(own: readonly string[], answers: readonly Answer[]): DoctorFinding[] {
  const seen = [...new Set(answers.flatMap(({ seenFrom }) => seenFrom ?? []))];
  return seen.map((ip) => {
    if (own.includes(ip)) return ok(`a peer sees this machine as ${ip}, which it is: no router translates`);
    return warning(`a peer sees this machine as ${ip}, which is none of its own: a router translates (NAT)`, FORWARD);
  });
}
