/**
 * Virtual time: a heap of events ordered by (time, sequence). Between two events all promises are drained, so that a run is a
 * function of its seed, whatever the speed of the machine.
 */
import type { Clock } from "../../protocol/base/seams.ts";

export interface VirtualClock extends Clock {
  /** Runs events up to and including `untilMs`, then sets the time to it. Stops early where no event is left. */
  run(untilMs: number): Promise<void>;
}

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/** Events between two looks at the real world. */
const EVENTS_PER_BREATH = 4096;

export function createVirtualClock(startMs = 0): VirtualClock {
  let heap: Event[] = [];
  let nowMs = startMs;
  let sequence = 0;
  let cancelled = 0;

  /** Forgets cancelled events once they are the most: nearly every request sets a time-out that it does not need. */
  function compact(): void {
    if (cancelled < 1024 || 2 * cancelled < heap.length) return;
    const alive = heap.filter((event) => event.callback !== undefined);
    heap = [];
    for (const event of alive) push(heap, event);
    cancelled = 0;
  }

  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      const event: Event = { atMs: nowMs + Math.max(0, delayMs), sequence: sequence++, callback };
      push(heap, event);
      return () => {
        if (event.callback === undefined) return;
        event.callback = undefined; // stays in the heap until its time comes, or `compact`
        cancelled++;
        compact();
      };
    },
    async run(untilMs) {
      await breathe();
      let events = 0;
      for (let next = heap[0]; next !== undefined && next.atMs <= untilMs; next = heap[0]) {
        pop(heap);
        const { callback } = next;
        if (callback === undefined) {
          cancelled--;
          continue;
        }
        next.callback = undefined; // cancelling it from here on is nothing
        nowMs = next.atMs;
        callback();
        await drainPromises();
        if (++events % EVENTS_PER_BREATH === 0) await breathe();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/**
 * Every promise that can settle without another event has settled: Node runs a next tick only when no microtask is left. Called
 * from a microtask, as an async function is after its first `await`. A tenth of the time of setImmediate, which polls the system.
 */
function drainPromises(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Lets timers, signals and messages of the real world in. */
function breathe(): Promise<void> {
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
