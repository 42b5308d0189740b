import assert from "node:assert/strict";
import { test } from "node:test";
import type { Found } from "../../../node/net/discovery.ts";
import { createPlace } from "../../../node/net/place.ts";
import { LINK_GRADES } from "../../../protocol/gateway/beacon.ts";

const NEAR = "/ip4/192.168.1.7/tcp/4001";
const FAR = "/ip4/8.8.4.4/tcp/4001";

/** A place of which the peer "self" is, with open connections by peer and address. */
function lookAt(open: Record<string, string>, members: readonly string[] = []) {
  const happened: string[] = [];
  const finders: Found[] = [];
  const connections = () =>
    Object.entries(open).map(([peer, address]) => ({
      ...{ peer, address, isOutbound: true },
      close: () => void happened.push(`close ${peer}`),
    }));
  const place = createPlace(
    {
      ...{ self: "self", transport: { connections } },
      book: { hurry: () => void happened.push("hurry") },
      discovery: { onFound: (handler) => void finders.push(handler) },
    },
    { wish: "auto", grade: () => LINK_GRADES.usual, members },
  );
  place.site.onEntered?.((peer) => happened.push(`entered ${peer}`));
  const find = (peer: string) => {
    for (const hear of finders) hear(peer, [NEAR], "192.168.1.7");
  };
  return { place, happened, find };
}

test("members are those that the owner names, and those found by multicast, unless they are connected over the Internet", () => {
  const { place, happened, find } = lookAt({ lan: NEAR, liar: FAR, named: FAR }, ["named"]);
  const inside = () => ["lan", "liar", "named", "gone"].filter((peer) => place.site.isInside(peer));
  assert.deepEqual(inside(), ["named"]);
  for (const peer of ["lan", "liar", "gone", "lan"]) find(peer);
  assert.deepEqual(inside(), ["lan", "named", "gone"]);
  assert.deepEqual(happened, ["entered lan", "entered liar", "entered gone"], "each is told of once");
});

test("while another one speaks, those outside are left to it and their connections closed; who takes over dials again", () => {
  const { place, happened } = lookAt({ named: NEAR, other: FAR }, ["named"]);
  const shut = () => ["named", "other", "unheard-of"].filter((peer) => place.speakerFor(peer) !== undefined);
  assert.deepEqual(shut(), [], "nobody speaks yet");
  place.site.changed?.("named");
  assert.deepEqual(shut(), ["other", "unheard-of"]);
  assert.deepEqual(happened.splice(0), ["close other"]);
  place.site.changed?.("self");
  place.site.changed?.("self");
  assert.deepEqual(shut(), []);
  assert.deepEqual(happened, ["hurry"]);
});
