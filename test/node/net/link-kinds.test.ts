import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import { isOfKind } from "../../../node/net/link-kinds.ts";

const REMOTE = { local: "192.0.2.1", remote: "8.8.8.8" };

describe("kinds of links", () => {
  it("follow the address of the other end", () => {
    assert.ok(isOfKind("loopback", { local: "127.0.0.1", remote: "127.0.0.1" }));
    assert.ok(isOfKind("loopback", { local: "::1", remote: "::1" }));
    assert.ok(isOfKind("loopback", { local: "192.168.0.5", remote: "192.168.0.5" }), "this machine by its own address");
    assert.ok(isOfKind("lan", { local: "192.168.0.5", remote: "192.168.0.6" }));
    assert.ok(isOfKind("lan", { local: "fe80::1%eth0", remote: "fe80::2%eth0" }));
    assert.ok(isOfKind("lan", { local: "::ffff:10.0.0.1", remote: "::ffff:10.0.0.2" }), "IPv4 in IPv6 form");
    for (const kind of ["loopback", "lan"]) assert.ok(!isOfKind(kind, REMOTE), kind);
    assert.ok(isOfKind("8.0.0.0/8", REMOTE));
    assert.ok(!isOfKind("9.0.0.0/8", REMOTE));
    assert.ok(!isOfKind("2000::/3", REMOTE));
  });

  it("tell multicast of a network from what stays on this machine", () => {
    const onLan = { local: "192.168.0.5", remote: "192.168.0.5", isMulticast: true } as const;
    assert.ok(!isOfKind("loopback", onLan));
    for (const kind of ["lan", "192.168.0.0/16"]) assert.ok(isOfKind(kind, onLan), kind);
    assert.ok(isOfKind("loopback", { local: "127.0.0.1", remote: "127.0.0.1", isMulticast: true }));
  });

  it("follow the interface of this end", () => {
    const [name, [{ address: local } = { address: "" }] = []] = Object.entries(networkInterfaces())[0] ?? ["", []];
    assert.ok(isOfKind(name, { local, remote: "8.8.8.8" }));
    assert.ok(isOfKind(`${name.slice(0, 1)}*`, { local, remote: "8.8.8.8" }));
    assert.ok(!isOfKind("wwan*", { local, remote: "8.8.8.8" }));
    assert.ok(!isOfKind("lte", { local, remote: "8.8.8.8" }));
    assert.ok(!isOfKind(name, { local: undefined, remote: undefined }), "a socket that is closed");
  });

  it("all and other are all that there are", () => {
    for (const kind of ["all", "other"]) assert.ok(isOfKind(kind, REMOTE));
  });
});
