/**
 * Forgets peers that have gone. libp2p keeps what it learned of a peer for hours, some 20 KB of each, and keys are free. The address book knows whom to dial again, and is
 * bounded (protocol/membership/).
 */
import type { Libp2p, PeerId } from "@libp2p/interface";
import { wallClock } from "../clock.ts";

/** libp2p tells its services of the end by what it knows of the peer: that has to be there until then. */
const AFTER_MS = 2_000;
/** For what services tell the store of a peer after it was forgotten, and for peers that were found and never came. */
const SWEEP_MS = 10_000;

/** Until the node stops. */
export function forgetWhoIsGone(node: Libp2p): void {
  const forget = async (peer: PeerId) => {
    if (node.getConnections(peer).length === 0) await node.peerStore.delete(peer);
  };
  let goneBefore = new Set<string>();
  const sweep = async () => {
    const known = (await node.peerStore.all()).map(({ id }) => id);
    const gone = known.filter((peer) => node.getConnections(peer).length === 0);
    for (const peer of gone) if (goneBefore.has(peer.toString())) await forget(peer); // a peer that has gone just now may be back soon
    goneBefore = new Set(gone.map(String));
  };
  const quietly = (work: Promise<unknown>) => work.catch(() => {}); // a store in memory fails when the node has stopped
  node.addEventListener("peer:disconnect", ({ detail }) => {
    wallClock.after(AFTER_MS, () => void quietly(forget(detail)));
  });
  const timer = setInterval(() => void quietly(sweep()), SWEEP_MS);
  timer.unref();
  node.addEventListener("stop", () => clearInterval(timer));
}
