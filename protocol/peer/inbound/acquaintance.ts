/** What is known of the peers that are connected: which of them have answered the greeting, are being asked, or were refused. */
import type { HearsayError } from "../../base/errors.ts";
import type { PeerId, Transport } from "../../base/seams.ts";
import type { Reports } from "../reports.ts";

export interface Acquaintance {
  /** A new connection: it has to answer anew. */
  connected(peer: PeerId): void;
  hasAnswered(peer: PeerId): boolean;
  answered(peer: PeerId, told: Told): void;
  servesPulls(peer: PeerId): boolean;
  /** Whether it may be told by briefs. */
  hearsBriefs(peer: PeerId): boolean;
  /** What its owner calls it, where it has said so at its last connection. Nobody checks it. */
  nameOf(peer: PeerId): string | undefined;
  /** Asks it, unless that is being done already. */
  ask(peer: PeerId, greet: () => Promise<void>): void;
  /** Counted and told once a connection, though both ends greet. */
  refuse(peer: PeerId, error: HearsayError): void;
  /** Connected peers that have answered on this task, sorted. */
  neighbours(): PeerId[];
}

/** What a peer says of itself. */
export interface Told {
  /** Whether it serves models with their proofs. */
  readonly servesPulls?: boolean;
  readonly name?: string;
  /** Whether it hears briefs, and pulls the models of these. */
  readonly hearsBriefs?: boolean;
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
  const hearing = new Set<PeerId>();
  const names = new Map<PeerId, string>();
  return {
    connected(peer) {
      for (const set of [answered, refused, serving, hearing, names]) {
        set.delete(peer);
        if (set.size > MAX_REMEMBERED) forgetAbsent(set, transport.peers());
      }
    },
    hasAnswered: (peer) => answered.has(peer),
    answered(peer, { servesPulls = false, hearsBriefs = false, name }) {
      answered.add(peer);
      if (servesPulls) serving.add(peer);
      if (hearsBriefs) hearing.add(peer);
      if (name !== undefined) names.set(peer, name);
    },
    servesPulls: (peer) => serving.has(peer),
    hearsBriefs: (peer) => hearing.has(peer),
    nameOf: (peer) => names.get(peer),
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

/** Deletes what is remembered of peers that are not connected. */
export function forgetAbsent(
  peers: { keys(): Iterable<PeerId>; delete(peer: PeerId): boolean },
  connected: readonly PeerId[],
): void {
  const here = new Set(connected);
  for (const peer of peers.keys()) if (!here.has(peer)) peers.delete(peer);
}
