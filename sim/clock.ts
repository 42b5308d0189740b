/**
 * Virtual time: a heap of events ordered by (time, sequence). Between two events all promises are drained, so that a run is a
 * function of its seed, whatever the speed of the machine.
 */
import type { Clock } from "../protocol/seams.ts";

export interface VirtualClock extends Clock {
  /** Runs events up to and including `untilMs`, then sets the time to it. Stops early where no event is left. */
  run(untilMs: number): Promise<void>;
}

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

export function createVirtualClock(startMs = 0): VirtualClock {
  const heap: Event[] = [];
  let nowMs = startMs;
  let sequence = 0;

  return {
    now: () => nowMs,
    after(delayMs, callback) {
      const event: Event = { atMs: nowMs + Math.max(0, delayMs), sequence: sequence++, callback };
      push(heap, event);
      return () => {
        event.callback = undefined; // stays in the heap until its time comes
      };
    },
    async run(untilMs) {
      await drainPromises();
      for (let next = heap[0]; next !== undefined && next.atMs <= untilMs; next = heap[0]) {
        pop(heap);
        if (next.callback === undefined) continue;
        nowMs = next.atMs;
        next.callback();
        await drainPromises();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/** Every promise that can settle without another event has settled. */
function drainPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

function push(heap: Event[], event: Event): void {
  let i = heap.push(event) - 1;
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up] as Event;
    if (!isBefore(event, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[i] = heap[child] as Event;
    i = child;
  }
  heap[i] = last;
}
