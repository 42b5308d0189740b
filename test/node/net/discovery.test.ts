/** Multicast of a real peer on the interfaces of this machine. What is found by it is tested in a network of its own: test/e2e/mdns.test.ts. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { it } from "node:test";
import { startDiscovery } from "../../../node/net/discovery.ts";
import { until } from "../../support/process.ts";

it("asks on an interface only where the budget of its network may pay, each by its own address", async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((all) => (all ?? []).filter(({ family }) => family === "IPv4").slice(0, 1))
    .map(({ address }) => address);
  const paid = new Set<string>();
  const discovery = startDiscovery({
    ...{ serviceTag: "_hearsay-test._udp.local", peer: "12D3KooWNobody", addresses: () => [] },
    metering: {
      datagram: () => {},
      mayMulticast(ip) {
        paid.add(ip);
        return false;
      },
    },
  });
  try {
    await until("each was asked for", () => paid.size >= own.length || undefined);
    assert.deepEqual([...paid].toSorted(), own.toSorted());
  } finally {
    discovery.stop();
  }
});
