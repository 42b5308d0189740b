/**
 * A battery that charges all the time at a constant rate (sun, a docking station now and then) and loses one unit with each
 * training. A device that has less than a unit sleeps until the battery is half full: a threshold, as real devices have one, so
 * that it does not drop in and out for single trainings. In the long run it trains at most as often as it charges.
 */
import type { Clock } from "../../protocol/base/seams.ts";

export interface BatteryOptions {
  /** Units of a full battery, at least 2: half of it must last for a training. */
  readonly capacity: number;
  readonly ratePerMs: number;
  /** Units at the start. */
  readonly charge: number;
}

export interface Battery {
  /** Takes a unit and returns the milliseconds from now until that is possible: 0, or the sleep of an empty device. */
  drawMs(): number;
}

export function createBattery({ capacity, ratePerMs, charge }: BatteryOptions, clock: Pick<Clock, "now">): Battery {
  let units = charge;
  /** When `units` was true; ahead of the clock while the device sleeps. */
  let atMs = clock.now();
  return {
    drawMs() {
      const nowMs = Math.max(atMs, clock.now());
      units = Math.min(capacity, units + ratePerMs * (nowMs - atMs));
      atMs = nowMs;
      if (units < 1) {
        atMs += (capacity / 2 - units) / ratePerMs;
        units = capacity / 2;
      }
      units--;
      return atMs - clock.now();
    },
  };
}
