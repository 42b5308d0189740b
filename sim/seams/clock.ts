/**
 * Virtual time: a heap of events ordered by (time, sequence). Between two events all promises are drained, so that a run is a
 * function of its seed, whatever the speed of the machine.
 */
import TinyQueue from "tinyqueue";
import type { Clock } from "../../protocol/base/seams.ts";

export interface VirtualClock extends Clock {
  /** Runs events up to and including `untilMs`, then sets the time to it. Stops early where no event is left. */
  run(untilMs: number): Promise<void>;
}

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/** Events between two looks at the real world. */
const EVENTS_PER_BREATH = 4096;

export function createVirtualClock(startMs = 0): VirtualClock {
  let heap = new TinyQueue<Due>([], inOrder);
  let nowMs = startMs;
  let sequence = 0;
  let cancelled = 0;

  /** Forgets cancelled events once they are the most: nearly every request sets a time-out that it does not need. */
  function compact(): void {
    if (cancelled < 1024 || 2 * cancelled < heap.length) return;
    heap = new TinyQueue(
      heap.data.filter((event) => event.callback !== undefined),
      inOrder,
    );
    cancelled = 0;
  }

  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      const event: Due = { atMs: nowMs + Math.max(0, delayMs), sequence: sequence++, callback };
      heap.push(event);
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
      for (let next = heap.peek(); next !== undefined && next.atMs <= untilMs; next = heap.peek()) {
        heap.pop();
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

/** The order of events: by time, then by the order in which they were asked for. */
function inOrder(a: Due, b: Due): number {
  return a.atMs - b.atMs || a.sequence - b.sequence;
}
