/** How quick the links are, by what passes anyway: bytes of an answer over the time from the question to its last byte. */
import type { PeerId, Transport } from "../../protocol/base/seams.ts";

export interface Speeds {
  /** The same transport; long answers that come through it are measured. */
  wrap(transport: Transport): Transport;
  /** Of the newest long answer, bytes a second; undefined before there is one. */
  of(peer: PeerId): number | undefined;
}

/** Of a shorter answer the time says how far away a peer is, not how wide the line is. */
const LONG_BYTES = 4_096;
const MOST_PEERS = 512;

/** @param monotonicMs never set back */
export function createSpeeds(monotonicMs: () => number): Speeds {
  const speeds = new Map<PeerId, number>();
  return {
    of: (peer) => speeds.get(peer),
    wrap: (transport) => ({
      ...transport,
      async request(peer, protocol, body, options) {
        const startedMs = monotonicMs();
        const answer = await transport.request(peer, protocol, body, options);
        if (answer.length >= LONG_BYTES) {
          speeds.delete(peer); // the newest stands last
          speeds.set(peer, (1000 * answer.length) / Math.max(0.1, monotonicMs() - startedMs));
          if (speeds.size > MOST_PEERS) speeds.delete(speeds.keys().next().value as PeerId);
        }
        return answer;
      },
    }),
  };
}
