/**
 * Peers that come and go on their own: on and off for exponentially distributed times, one after the other.
 *
 * The run starts in the stationary state: a peer is on with probability on / (on + off), and since the distribution has no memory,
 * what is left of its first span is distributed like a whole one. Sessions of real file-sharing networks have a heavier tail
 * (Stutzbach and Rejaie, IMC 2006: Weibull); take a trace for those.
 */
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
  const nextMs = Float64Array.from(on, (_, peer) => spanMs(peer));

  function* changes(): Generator<SessionChange> {
    const queue = createQueue(nextMs);
    for (;;) {
      const peer = queue.first();
      if (peer === undefined) return;
      const atMs = nextMs[peer] as number;
      on[peer] = on[peer] ? 0 : 1;
      nextMs[peer] = atMs + spanMs(peer);
      queue.sinkFirst();
      yield { atMs, kind: on[peer] ? "on" : "off", peer };
    }
  }
  return { links: "topology", startsOn: (peer) => atStart[peer] === 1, changes: changes() };
}

interface Queue {
  /** Number of the one with the least key; the lowest where keys are equal. */
  first(): number | undefined;
  /** Restores the order after the key of the first has grown. */
  sinkFirst(): void;
}

/** A binary heap of the indices of `keys`. */
function createQueue(keys: Float64Array): Queue {
  const heap = Uint32Array.from(keys, (_, i) => i);
  const isBefore = (a: number, b: number) => {
    const [left, right] = [keys[a] as number, keys[b] as number];
    return left < right || (left === right && a < b);
  };

  function sink(from: number): void {
    const moving = heap[from] as number;
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as number, heap[child] as number)) child++;
      if (!isBefore(heap[child] as number, moving)) break;
      heap[i] = heap[child] as number;
      i = child;
    }
    heap[i] = moving;
  }

  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(i);
  return { first: () => heap[0], sinkFirst: () => sink(0) };
}
