/** The time that a gateway's radio may be on the air: after each frame it is silent, so that it never sends for more than its share of any time (airtime.ts). */
import type { Clock } from "../base/seams.ts";
import { airtimeMs, silenceMs } from "./airtime.ts";

export interface RadioOptions {
  /** Share of any time in which the radio may send: 0.01 in most of the European band at 868 MHz. */
  readonly dutyCycle: number;
  /** Of an answer where its bringer says none. */
  readonly spreadingFactor: number;
  /** What other layers put around a frame. */
  readonly headerBytes: number;
}

export interface Radio {
  /** Whether a frame may be sent now; it then counts as sent. @throws RangeError for a spreading factor that there is not. */
  take(bytes: number, spreadingFactor?: number): boolean;
}

export function createRadio(clock: Pick<Clock, "monotonicMs">, options: RadioOptions): Radio {
  let freeMs = Number.NEGATIVE_INFINITY;
  return {
    take(bytes, spreadingFactor = options.spreadingFactor) {
      const nowMs = clock.monotonicMs();
      if (nowMs < freeMs) return false;
      const airMs = airtimeMs(bytes + options.headerBytes, { spreadingFactor });
      freeMs = nowMs + airMs + silenceMs(airMs, options.dutyCycle);
      return true;
    },
  };
}
