/**
 * The events to come of virtual time, and the order in which they happen: by (time, whom it happens to, who set it, its number).
 *
 * The order says nothing of when an event was set, only of who is who. So the events of one node come in the same order whether the other nodes run
 * in this thread or in another (run/parts.ts).
 *
 * With a look-ahead they come in windows. Nodes know of each other only what they send, and all that they send takes at least so long: within that time it
 * does not matter to a node which events others have had. So the events of one node come one after the other, and then those of the next node: what a
 * node holds is fetched into the caches of the processor once, not for each event. Every node has the same events in the same order as without.
 */
import TinyQueue from "tinyqueue";
import type { EventPlace } from "../network/events.ts";

/** An event to come, which happens to what it was set with. */
export interface Due extends EventPlace {
  readonly given: unknown;
  readonly isShort: boolean;
  /** Undefined where it was cancelled. */
  happen: ((given: never) => void) | undefined;
}

export interface Agenda {
  /** @throws RangeError where an event of the world would come after later ones of nodes. */
  add(event: Due): void;
  /** It will not happen; nothing where it has. */
  cancel(event: Due): void;
  /** When the first is due; Infinity where there is none. Between windows. */
  firstMs(): number;
  /** Opens the window of the first event, as far as its events are due. Between windows, and where there is one. */
  open(isDue: (atMs: number) => boolean): void;
  /** The next of the window; undefined where it is over. It stays until it is taken. */
  next(): Due | undefined;
  take(next: Due): void;
  close(): void;
}

/** To whom that happens which happens to no node. It comes before all that happens to nodes at its time. */
export const WORLD = -1;

/** @param lookAheadMs 0: each event has a window of its own, so they come in the order of time. */
export function createAgenda(lookAheadMs: number): Agenda {
  const later = createHeap(byTime);
  const window = createHeap(byNode);
  /** Whether an event of this time belongs to the window that is open. */
  let isInside = never;

  /** The events of nodes before the end of the look-ahead, or before the next event of the world. */
  function gather(endMs: number, isDue: (atMs: number) => boolean): void {
    for (let next = later.first(); next !== undefined && next.atMs < endMs && isDue(next.atMs); next = later.first()) {
      if (next.to === WORLD) endMs = next.atMs;
      else {
        later.pop();
        window.add(next);
      }
    }
    isInside = (atMs) => atMs < endMs && isDue(atMs);
  }

  return {
    add(event) {
      const isNow = isInside(event.atMs);
      if (isNow && event.to === WORLD) throw new RangeError("some nodes have passed the time of an event of the world");
      (isNow ? window : later).add(event);
    },
    cancel(event) {
      if (event.happen === undefined) return;
      event.happen = undefined; // stays in its heap until its time comes, or until it is one of many
      later.forget();
    },
    firstMs: () => later.first()?.atMs ?? Number.POSITIVE_INFINITY,
    open(isDue) {
      const first = later.first() as Due;
      later.pop();
      window.add(first);
      if (lookAheadMs > 0 && first.to !== WORLD) gather(first.atMs + lookAheadMs, isDue);
    },
    next: window.first,
    take(next) {
      window.pop();
      const { given, happen } = next;
      next.happen = undefined; // cancelling it from here on is nothing
      happen?.(given as never);
    },
    close() {
      isInside = never;
    },
  };
}

/** Events in an order. */
interface Heap {
  add(event: Due): void;
  /** The first that was not cancelled. */
  first(): Due | undefined;
  /** Takes out the first. */
  pop(): void;
  /** One more was cancelled. Forgets all such once they are the most: nearly every request sets a time-out that it does not need. */
  forget(): void;
}

function createHeap(order: (a: Due, b: Due) => number): Heap {
  let heap = new TinyQueue<Due>([], order);
  let cancelled = 0;
  return {
    add: (event) => heap.push(event),
    first() {
      for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
        if (first.happen !== undefined) return first;
        heap.pop();
        cancelled--;
      }
      return undefined;
    },
    pop: () => void heap.pop(),
    forget() {
      if (++cancelled < 1024 || 2 * cancelled < heap.length) return;
      const stay = heap.data.filter(({ happen }) => happen !== undefined);
      heap = new TinyQueue(stay, order);
      cancelled = 0;
    },
  };
}

/** The order of events. */
function byTime(a: Due, b: Due): number {
  return sooner(a, b) || a.to - b.to || a.from - b.from || a.number - b.number;
}

/** Their order within a window. */
function byNode(a: Due, b: Due): number {
  return a.to - b.to || sooner(a, b) || a.from - b.from || a.number - b.number;
}

/** A small integer: a difference of times would be a new object for each comparison. */
function sooner(a: Due, b: Due): number {
  return Number(a.atMs > b.atMs) - Number(a.atMs < b.atMs);
}

function never(_atMs: number): boolean {
  return false;
}
