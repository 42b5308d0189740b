/**
 * Virtual time: a heap of events ordered by (time, whom it happens to, who set it, its number). Between two events all promises are drained, so that a
 * run is a function of its seed, whatever the speed of the machine.
 *
 * The order says nothing of when an event was set, only of who is who. So the events of one node come in the same order whether the other nodes run
 * in this thread or in another (run/parts.ts).
 */
import TinyQueue from "tinyqueue";
import type { Clock } from "../../protocol/base/seams.ts";
import type { EventClock, EventPlace } from "../network/events.ts";

export interface VirtualClock extends Clock, EventClock {
  /** Runs events up to and including `untilMs`, then sets the time to it. Stops early where no event is left. */
  run(untilMs: number): Promise<void>;
  /** Runs events before `endMs`. The time is that of the last of them. */
  runBefore(endMs: number): Promise<void>;
  /** When the next event is due; Infinity where there is none. */
  nextMs(): number;
}

interface Due extends EventPlace {
  callback: (() => void) | undefined;
}

/** Whose events `after` of the clock itself sets. They come before those of all nodes. */
const WORLD = -1;

/** Events between two looks at the real world. */
const EVENTS_PER_BREATH = 4096;

export function createVirtualClock(startMs = 0): VirtualClock {
  const events = createEvents();
  const views = new Map<number, Clock>();
  let nowMs = startMs;

  function of(node: number): Clock {
    const known = views.get(node);
    if (known !== undefined) return known;
    let number = 0;
    const view: Clock = {
      now: () => clock.now(), // a test that sets the clock sets it for all
      monotonicMs: () => nowMs,
      after: (delayMs, callback) =>
        events.add({ atMs: nowMs + Math.max(0, delayMs), to: node, from: node, number: number++ }, callback),
    };
    views.set(node, view);
    return view;
  }

  async function runWhile(isDue: (atMs: number) => boolean): Promise<void> {
    await breathe();
    let count = 0;
    for (let dueMs = events.nextMs(); dueMs < Number.POSITIVE_INFINITY && isDue(dueMs); dueMs = events.nextMs()) {
      const { atMs, callback } = events.take();
      if (callback === undefined) continue;
      nowMs = atMs;
      callback();
      await drainPromises();
      if (++count % EVENTS_PER_BREATH === 0) await breathe();
    }
  }

  const clock: VirtualClock = {
    ...of(WORLD),
    now: () => nowMs,
    of,
    at: events.add,
    nextMs: events.nextMs,
    runBefore: (endMs) => runWhile((atMs) => atMs < endMs),
    async run(untilMs) {
      await runWhile((atMs) => atMs <= untilMs);
      nowMs = Math.max(nowMs, untilMs);
    },
  };
  return clock;
}

/** The events to come. */
interface Events {
  /** Returns what cancels it. */
  add(place: EventPlace, callback: () => void): () => void;
  /** Infinity where there is none. A cancelled one counts. */
  nextMs(): number;
  /** The next one; without a callback where it was cancelled. */
  take(): { readonly atMs: number; readonly callback: (() => void) | undefined };
}

function createEvents(): Events {
  let heap = new TinyQueue<Due>([], inOrder);
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
    add(place, callback) {
      const event: Due = { ...place, callback };
      heap.push(event);
      return () => {
        if (event.callback === undefined) return;
        event.callback = undefined; // stays in the heap until its time comes, or `compact`
        cancelled++;
        compact();
      };
    },
    nextMs: () => heap.peek()?.atMs ?? Number.POSITIVE_INFINITY,
    take() {
      const next = heap.pop() as Due;
      const { atMs, callback } = next;
      next.callback = undefined; // cancelling it from here on is nothing
      if (callback === undefined) cancelled--;
      return { atMs, callback };
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

/** The order of events. */
function inOrder(a: Due, b: Due): number {
  return a.atMs - b.atMs || a.to - b.to || a.from - b.from || a.number - b.number;
}
