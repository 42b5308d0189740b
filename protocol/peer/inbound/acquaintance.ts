/** What is known of the peers that are connected: which of them have answered the greeting, are being asked, or were refused. */
import type { HearsayError } from "../../base/errors.ts";
import type { PeerId, Transport } from "../../base/seams.ts";
import type { Reports } from "../reports.ts";

export interface Acquaintance {
  /** A new connection: it has to answer anew. */
  connected(peer: PeerId): void;
  hasAnswered(peer: PeerId): boolean;
  /** @param servesPulls whether it serves models with their proofs. */
  answered(peer: PeerId, servesPulls: boolean): void;
  servesPulls(peer: PeerId): boolean;
  /** Asks it, unless that is being done already. */
  ask(peer: PeerId, greet: () => Promise<void>): void;
  /** Counted and told once a connection, though both ends greet. */
  refuse(peer: PeerId, error: HearsayError): void;
  /** Connected peers that have answered on this task, sorted. */
  neighbours(): PeerId[];
}

/** Greetings that are remembered, before those of peers that are gone are forgotten. */
const MAX_REMEMBERED = 1024;

export function createAcquaintance(
  transport: Pick<Transport, "peers">,
  reports: Pick<Reports, "refused">,
): Acquaintance {
  const answered = new Set<PeerId>();
  const asking = new Set<PeerId>();
  const refused = new Set<PeerId>();
  const serving = new Set<PeerId>();
  return {
    connected(peer) {
      for (const set of [answered, refused, serving]) {
        set.delete(peer);
        if (set.size > MAX_REMEMBERED) forgetAbsent(set, transport.peers());
      }
    },
    hasAnswered: (peer) => answered.has(peer),
    answered(peer, servesPulls) {
      answered.add(peer);
      if (servesPulls) serving.add(peer);
    },
    servesPulls: (peer) => serving.has(peer),
    ask(peer, greet) {
      if (asking.has(peer)) return;
      asking.add(peer);
      greet().finally(() => asking.delete(peer));
    },
    refuse(peer, { code, message }) {
      if (refused.has(peer)) return;
      refused.add(peer);
      reports.refused(peer, code, message);
    },
    neighbours: () => transport.peers().filter((peer) => answered.has(peer)),
  };
}

function forgetAbsent(peers: Set<PeerId>, connected: readonly PeerId[]): void {
  const here = new Set(connected);
  for (const peer of peers) if (!here.has(peer)) peers.delete(peer);
}
