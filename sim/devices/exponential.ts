/**
 * Peers that come and go on their own: on and off for exponentially distributed times, one after the other.
 *
 * The run starts in the stationary state: a peer is on with probability on / (on + off), and since the distribution has no memory,
 * what is left of its first span is distributed like a whole one. Sessions of real file-sharing networks have a heavier tail
 * (Stutzbach and Rejaie, IMC 2006: Weibull); take a trace for those.
 */
import TinyQueue from "tinyqueue";
import { log } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Presence, SessionChange } from "./presence.ts";

export interface ExponentialSpec {
  readonly meanOnSeconds: number;
  readonly meanOffSeconds: number;
}

/** Time and memory before the first change: O(peers); each change O(log peers). */
export function exponentialPresence(
  { meanOnSeconds, meanOffSeconds }: ExponentialSpec,
  peers: number,
  rng: Rng,
): Presence {
  const onShare = meanOnSeconds / (meanOnSeconds + meanOffSeconds);
  const on = Uint8Array.from({ length: peers }, () => (rng.uniform() < onShare ? 1 : 0));
  const atStart = on.slice();
  const spanMs = (peer: number) => -log(1 - rng.uniform()) * 1000 * (on[peer] ? meanOnSeconds : meanOffSeconds);
  const first = Array.from(on, (_, peer): Change => ({ atMs: spanMs(peer), peer }));

  function* changes(): Generator<SessionChange> {
    const queue = new TinyQueue(first, inOrder);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { atMs, peer } = next;
      on[peer] = on[peer] ? 0 : 1;
      queue.push({ atMs: atMs + spanMs(peer), peer });
      yield { atMs, kind: on[peer] ? "on" : "off", peer };
    }
  }
  return { links: "topology", startsOn: (peer) => atStart[peer] === 1, changes: changes() };
}

interface Change {
  readonly atMs: number;
  readonly peer: number;
}

/** By time; of equal times the lower peer comes first. */
function inOrder(a: Change, b: Change): number {
  return a.atMs - b.atMs || a.peer - b.peer;
}
