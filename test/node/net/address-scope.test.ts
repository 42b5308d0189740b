import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { multiaddr } from "@multiformats/multiaddr";
import { endpointOf, type Scope, scopeOf, scopeOfConnection, tellable } from "../../../node/net/address-scope.ts";

const PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
const OTHER = "12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD";

const scope = (text: string): Scope | undefined => {
  const endpoint = endpointOf(multiaddr(text));
  return endpoint && scopeOf(endpoint);
};

describe("the scope of an address", () => {
  const cases: readonly [Scope | undefined, ...string[]][] = [
    ["public", "/ip4/8.8.8.8", "/ip4/172.32.0.1", "/ip4/100.128.0.1", "/ip6/2606:4700::1111", "/ip4/192.0.1.1"],
    ["loopback", "/ip4/127.0.0.1", "/ip4/127.255.0.9", "/ip6/::1"],
    [
      "private",
      "/ip4/10.0.0.1",
      "/ip4/172.16.0.1",
      "/ip4/172.31.255.255",
      "/ip4/192.168.1.1",
      "/ip6/fd00::1",
      "/ip6/fc00::1",
    ],
    ["shared", "/ip4/100.64.0.1", "/ip4/100.127.255.255"],
    ["link-local", "/ip4/169.254.169.254", "/ip6/fe80::1"],
    [
      "none",
      "/ip4/0.0.0.0",
      "/ip4/0.1.2.3",
      "/ip4/224.0.0.251",
      "/ip4/239.1.1.1",
      "/ip4/255.255.255.255",
      "/ip4/240.0.0.1",
    ],
    ["none", "/ip4/192.0.2.1", "/ip4/198.51.100.7", "/ip4/203.0.113.9", "/ip4/198.19.0.1", "/ip4/192.0.0.1"],
    [
      "none",
      "/ip6/::",
      "/ip6/ff02::1",
      "/ip6/2001:db8::1",
      "/ip6/2002:7f00:1::1",
      "/ip6/2001::1",
      "/ip6/64:ff9b::7f00:1",
    ],
    [
      "none",
      "/ip6/::ffff:127.0.0.1",
      "/ip6/::ffff:8.8.8.8",
      "/ip6/::127.0.0.1",
      "/ip6/fec0::1",
      "/ip6/100::1",
      "/ip6/3fff::1",
    ],
    ["name", "/dns4/peer.example.org", "/dns/a.example.com", "/dns6/x-1.example.net"],
    [
      "none",
      "/dns4/localhost",
      "/dns4/router",
      "/dns4/x.localhost",
      "/dns4/printer.local",
      "/dns4/127.0.0.1",
      "/dns4/2130706433",
    ],
    ["none", "/dns4/metadata.google.internal", "/dns4/0x7f.1", "/dns4/nas.lan", "/dns4/localhost.localdomain"],
  ];
  for (const [expected, ...addresses] of cases) {
    it(`is ${expected} for ${addresses.join(", ")}`, () => {
      for (const address of addresses) assert.equal(scope(`${address}/tcp/4001`), expected, address);
    });
  }

  it("is none of any address that is not TCP to one host", () => {
    for (const text of [
      "/dnsaddr/example.org",
      "/unix/%2Ftmp%2Fsocket",
      "/ip4/8.8.8.8/udp/1/quic-v1",
      "/ip4/8.8.8.8/tcp/0",
      "/ip4/8.8.8.8/tcp/1/ws",
      "/ip4/8.8.8.8",
      "/ip6zone/eth0/ip6/fe80::1/tcp/1",
      `/ip4/8.8.8.8/tcp/1/p2p/${PEER}/p2p-circuit`,
      `/ip4/8.8.8.8/tcp/1/p2p/${PEER}/p2p-circuit/p2p/${OTHER}`,
      `/p2p/${PEER}`,
    ])
      assert.equal(endpointOf(multiaddr(text)), undefined, text);
  });

  it("of a connection is that of its address, also of IPv4 in IPv6 form", () => {
    assert.equal(scopeOfConnection("/ip6/::ffff:127.0.0.1/tcp/1"), "loopback");
    assert.equal(scopeOfConnection("/ip4/192.168.1.4/tcp/1"), "private");
    assert.equal(scopeOfConnection("/ip4/8.8.8.8/tcp/1"), "public");
  });
});

describe("an address that a peer tells", () => {
  const all: readonly Scope[] = ["public", "loopback", "private", "shared", "link-local", "none"];
  const told: readonly [text: string, from: readonly Scope[]][] = [
    ["/ip4/8.8.8.8/tcp/1", all],
    ["/dns4/peer.example.org/tcp/1", all],
    ["/ip4/127.0.0.1/tcp/1", ["loopback"]],
    ["/ip4/10.1.2.3/tcp/1", ["private"]],
    ["/ip4/100.64.9.9/tcp/1", ["shared"]],
    ["/ip4/169.254.169.254/tcp/80", ["link-local"]],
    ["/ip4/224.0.0.251/tcp/1", []],
    ["/ip6/::ffff:10.0.0.1/tcp/1", []],
    ["/dnsaddr/example.org", []],
    ["/unix/%2Ftmp%2Fsocket", []],
    ["no address", []],
    ["", []],
  ];
  for (const [text, from] of told) {
    it(`is taken from ${from.join(", ") || "nobody"}: ${text}`, () => {
      for (const teller of all) assert.equal(tellable(text, PEER, teller) !== undefined, from.includes(teller), teller);
    });
  }

  it("is kept in one form, without the peer id, and not at all under another's", () => {
    assert.equal(tellable(`/ip4/8.8.8.8/tcp/1/p2p/${PEER}`, PEER, "public"), "/ip4/8.8.8.8/tcp/1");
    assert.equal(tellable("/dns4/Peer.Example.org/tcp/1", PEER, "public"), "/dns4/peer.example.org/tcp/1");
    assert.equal(tellable(`/ip4/8.8.8.8/tcp/1/p2p/${OTHER}`, PEER, "public"), undefined);
  });
});
