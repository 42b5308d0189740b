/**
 * Virtual time: events, in the order of the agenda. Between two events all promises are drained, so that a run is a function of its seed, whatever the speed
 * of the machine. After a short event they are not before another node has its event of the same time, where nodes are apart; they are before time goes on.
 */
import type { Clock } from "../../protocol/base/seams.ts";
import type { EventClock } from "../network/events.ts";
import { createAgenda, type Due, WORLD } from "./agenda.ts";

export interface VirtualClock extends Clock, EventClock {
  /** Runs events up to and including `untilMs`, then sets the time to it. Stops early where no event is left. */
  run(untilMs: number): Promise<void>;
  /** Runs events before `endMs`. The time is that of the last of them. */
  runBefore(endMs: number): Promise<void>;
  /** When the next event is due; Infinity where there is none. */
  nextMs(): number;
}

/** Events between two looks at the real world. */
const EVENTS_PER_BREATH = 4096;

/** @param lookAheadMs how long all at least takes that a node does to another; left out: nothing is known of that. */
export function createVirtualClock(startMs = 0, lookAheadMs = 0): VirtualClock {
  const agenda = createAgenda(lookAheadMs);
  const views = new Map<number, Clock>();
  let nowMs = startMs;

  function of(node: number): Clock {
    const known = views.get(node);
    if (known !== undefined) return known;
    let number = 0;
    const view: Clock = {
      now: () => clock.now(), // a test that sets the clock sets it for all
      monotonicMs: () => nowMs,
      after(delayMs, happen) {
        const atMs = nowMs + Math.max(0, delayMs);
        const event = { atMs, to: node, from: node, number: number++, given: undefined, isShort: false, happen };
        agenda.add(event);
        return () => agenda.cancel(event);
      },
    };
    views.set(node, view);
    return view;
  }

  async function runWhile(isDue: (atMs: number) => boolean): Promise<void> {
    await breathe();
    let count = 0;
    while (agenda.firstMs() < Number.POSITIVE_INFINITY && isDue(agenda.firstMs())) {
      let latestMs = nowMs;
      agenda.open(isDue);
      for (let event = agenda.next(); event !== undefined; event = agenda.next()) {
        nowMs = event.atMs;
        latestMs = Math.max(latestMs, nowMs);
        agenda.take(event);
        if (!(lookAheadMs > 0 && event.isShort && isBeside(event, agenda.next()))) await drainPromises();
        if (++count % EVENTS_PER_BREATH === 0) await breathe();
      }
      agenda.close();
      nowMs = latestMs;
    }
  }

  const clock: VirtualClock = {
    ...of(WORLD),
    now: () => nowMs,
    of,
    at(place, happen, isShort = false) {
      const { atMs, to, from, number } = place;
      agenda.add({ atMs, to, from, number, given: place, isShort, happen });
    },
    nextMs: agenda.firstMs,
    runBefore: (endMs) => runWhile((atMs) => atMs < endMs),
    async run(untilMs) {
      await runWhile((atMs) => atMs <= untilMs);
      nowMs = Math.max(nowMs, untilMs);
    },
  };
  return clock;
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
