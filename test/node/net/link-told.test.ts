/** What a machine knows of the way to a neighbour: how far it is, and whether its bytes are paid for. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { identityFromSeed } from "../../../node/crypto.ts";
import { createLinkTold } from "../../../node/net/link-told.ts";

const { peerId: PEER } = identityFromSeed(new Uint8Array(32).fill(1));

/** A node with connections to one peer, the newest last. */
function nodeWith(...connections: readonly Partial<Connection>[]) {
  const whole = connections.map((one) => ({ remotePeer: PEER, direction: "outbound", status: "open", ...one }));
  return { getConnections: () => whole as unknown as Connection[] };
}

const INTERNET = multiaddr("/ip4/93.184.216.34/tcp/4001");
const HOME = multiaddr("/ip4/192.168.1.7/tcp/4001");

it("bytes over the Internet are paid for while the line is metered, those of the local network never are", () => {
  let isMetered = true;
  const far = createLinkTold(nodeWith({ remoteAddr: INTERNET }), () => isMetered);
  const near = createLinkTold(nodeWith({ remoteAddr: HOME }), () => isMetered);
  assert.deepEqual([far(PEER), near(PEER)], [{ isPaid: true }, { isPaid: false }]);
  isMetered = false; // the cable is back
  assert.deepEqual([far(PEER), near(PEER)], [{ isPaid: false }, { isPaid: false }]);
});

it("the round trip is that of the newest connection that is open; without one nothing is known", () => {
  const told = createLinkTold(
    nodeWith(
      { remoteAddr: HOME, rtt: 5 },
      { remoteAddr: HOME, rtt: 7 },
      { remoteAddr: HOME, rtt: 9, status: "closed" },
    ),
    () => true,
  );
  assert.deepEqual(told(PEER), { isPaid: false, roundTripMs: 7 });
  assert.equal(createLinkTold(nodeWith(), () => true)(PEER), undefined);
});
