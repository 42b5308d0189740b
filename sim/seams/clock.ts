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

/** An event to come, which happens to what it was set with. */
interface Due extends EventPlace {
  readonly given: unknown;
  readonly isShort: boolean;
  /** Undefined where it was cancelled. */
  happen: ((given: never) => void) | undefined;
}

/** Whose events `after` of the clock itself sets. They come before those of all nodes. */
const WORLD = -1;

/** Events between two looks at the real world. */
const EVENTS_PER_BREATH = 4096;

/**
 * @param nodesAreApart nodes know of each other only what they send, which takes time: so after a short event promises need not be drained before another
 *   node has its event of the same time. They are drained before time goes on, and before the next event of a node.
 */
export function createVirtualClock(startMs = 0, nodesAreApart = false): VirtualClock {
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
      after: (delayMs, callback) => events.cancellable(nowMs + Math.max(0, delayMs), node, number++, callback),
    };
    views.set(node, view);
    return view;
  }

  async function runWhile(isDue: (atMs: number) => boolean): Promise<void> {
    await breathe();
    let count = 0;
    for (let next = events.next(); next !== undefined && isDue(next.atMs); next = events.next()) {
      nowMs = next.atMs;
      events.take(next);
      if (!(nodesAreApart && next.isShort && isBeside(next, events.next()))) await drainPromises();
      if (++count % EVENTS_PER_BREATH === 0) await breathe();
    }
  }

  const clock: VirtualClock = {
    ...of(WORLD),
    now: () => nowMs,
    of,
    at: events.add,
    nextMs: () => events.next()?.atMs ?? Number.POSITIVE_INFINITY,
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
  /** An event that nobody cancels. */
  add: EventClock["at"];
  /** One that a node sets for itself. Returns what cancels it. */
  cancellable(atMs: number, node: number, number: number, happen: () => void): () => void;
  /** The next one that was not cancelled. */
  next(): Due | undefined;
  /** Lets the next one happen. */
  take(next: Due): void;
}

function createEvents(): Events {
  let heap = new TinyQueue<Due>([], inOrder);
  let cancelled = 0;

  /** Forgets cancelled events once they are the most: nearly every request sets a time-out that it does not need. */
  function compact(): void {
    if (cancelled < 1024 || 2 * cancelled < heap.length) return;
    heap = new TinyQueue(
      heap.data.filter((event) => event.happen !== undefined),
      inOrder,
    );
    cancelled = 0;
  }

  return {
    add(place, happen, isShort = false) {
      const { atMs, to, from, number } = place;
      heap.push({ atMs, to, from, number, given: place, isShort, happen });
    },
    cancellable(atMs, node, number, happen) {
      const event: Due = { atMs, to: node, from: node, number, given: undefined, isShort: false, happen };
      heap.push(event);
      return () => {
        if (event.happen === undefined) return;
        event.happen = undefined; // stays in the heap until its time comes, or `compact`
        cancelled++;
        compact();
      };
    },
    next() {
      for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
        if (next.happen !== undefined) return next;
        heap.pop();
        cancelled--;
      }
      return undefined;
    },
    take(next) {
      const { given, happen } = next;
      next.happen = undefined; // cancelling it from here on is nothing
      heap.pop();
      happen?.(given as never);
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

/** Whether the next event is one of the same time that happens to another node. */
function isBeside({ atMs, to }: Due, next: Due | undefined): boolean {
  return next !== undefined && next.atMs === atMs && next.to > to;
}

/** The order of events. */
function inOrder(a: Due, b: Due): number {
  return a.atMs - b.atMs || a.to - b.to || a.from - b.from || a.number - b.number;
}
