import assert from "node:assert/strict";
import { it } from "node:test";
import { multiaddr } from "@multiformats/multiaddr";
import { addressPrefix } from "../../../node/net/address-prefix.ts";

it("an address prefix is the /24 of IPv4 and the /64 of IPv6, however the address is spelled", () => {
  const cases: [string, string][] = [
    ["/ip4/192.0.2.7/tcp/1", "192.0.2"],
    ["/ip6/2001:db8:0:1::7/tcp/1", "2001:db8:0:1"],
    ["/ip6/2001:0DB8:0000:0001:ffff:0:0:9/tcp/1", "2001:db8:0:1"],
    ["/ip6/::1/tcp/1", "0:0:0:0"],
    ["/ip6/::ffff:192.0.2.9/tcp/1", "192.0.2"],
    ["/dns4/peer.example/tcp/1", "peer.example"],
  ];
  for (const [address, prefix] of cases) assert.equal(addressPrefix(multiaddr(address)), prefix, address);
});
