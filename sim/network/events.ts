/** What a network needs of a clock: events whose order depends on the nodes alone. `seams/clock.ts` is such a clock. */
import type { Clock } from "../../protocol/base/seams.ts";

/** The place of an event in the order of all: by time, then by the numbers, in the order of the fields. No two events have the same. */
export interface EventPlace {
  readonly atMs: number;
  /** Number of the node to which it happens. */
  readonly to: number;
  /** Number of the node that set it. */
  readonly from: number;
  /** Counts what `from` sets for others. */
  readonly number: number;
}

/** Places are in its monotonic time. */
export interface EventClock extends Pick<Clock, "monotonicMs"> {
  /** The same clock in the hands of a node: what it sets happens to itself. */
  of(node: number): Clock;
  /**
   * Sets what one node does to another; `happen` gets the place. No event can be cancelled that others set.
   * @param isShort it seldom leaves promises behind.
   */
  at<Place extends EventPlace>(place: Place, happen: (place: Place) => void, isShort?: boolean): void;
}

/** Any clock as one of events. One of the real world brings what is due at one time in the order in which it was set. */
export function eventClock(clock: Clock | (Clock & EventClock)): EventClock {
  if ("at" in clock) return clock;
  return {
    monotonicMs: clock.monotonicMs,
    of: () => clock,
    at: (place, happen) => void clock.after(place.atMs - clock.monotonicMs(), () => happen(place)),
  };
}
