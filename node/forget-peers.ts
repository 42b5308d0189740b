/**
 * Forgets who has gone. libp2p keeps what it learned of a peer for hours, some 20 KB of each, and keys are free; whom to dial again is in the address book, which is
 * bounded (protocol/membership/).
 */
import type { Libp2p, PeerId } from "@libp2p/interface";
import { wallClock } from "./clock.ts";

/** libp2p tells its services of the end by what it knows of the peer: that has to be there until then. */
const AFTER_MS = 2_000;
/** For peers that were found and never came. */
const SWEEP_MS = 60_000;

/** Until the node stops. */
export function forgetWhoIsGone(node: Libp2p): void {
  const forget = async (peer: PeerId) => {
    if (node.getConnections(peer).length === 0) await node.peerStore.delete(peer);
  };
  const sweep = async () => {
    for (const { id } of await node.peerStore.all()) await forget(id);
  };
  const quietly = (work: Promise<unknown>) => work.catch(() => {}); // a store in memory fails when the node has stopped
  node.addEventListener("peer:disconnect", ({ detail }) => {
    wallClock.after(AFTER_MS, () => void quietly(forget(detail)));
  });
  const timer = setInterval(() => void quietly(sweep()), SWEEP_MS);
  timer.unref();
  node.addEventListener("stop", () => clearInterval(timer));
}
