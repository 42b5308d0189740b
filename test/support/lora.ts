/**
 * A LoRa link in virtual time: frames take their time on the air, overlap and are lost with a chance, and whoever sends has to be silent by the duty cycle. A gateway answers
 * right after a frame, as LoRaWAN has it for devices that sleep.
 */

import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { airtimeMs, type LoraSettings, silenceMs } from "../../protocol/leaf/airtime.ts";

export interface LoraLink {
  /** Sends a frame, unless its sender has to be silent: false. What comes is given to `hear` of the link. */
  send(sender: number, frame: Uint8Array, answered: (frame: Uint8Array) => void): boolean;
  /** Of each sender: milliseconds on the air so far. */
  readonly onAirMs: Map<number, number>;
  readonly counts: { sent: number; lost: number; collided: number };
}

export interface LoraOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly settings: LoraSettings;
  /** Chance that a frame is not heard though nobody else spoke. */
  readonly loss: number;
  readonly dutyCycle: number;
  /** Bytes of other layers around a frame. */
  readonly headerBytes: number;
  /** What the gateway makes of a frame: an answer, or nothing. */
  hear(frame: Uint8Array): Promise<Uint8Array | undefined>;
}

interface Sending {
  readonly fromMs: number;
  readonly toMs: number;
  collides: boolean;
}

export function createLoraLink(options: LoraOptions): LoraLink {
  const { clock, rng, settings, loss, dutyCycle, headerBytes, hear } = options;
  const silentUntil = new Map<number, number>();
  const onAirMs = new Map<number, number>();
  const counts = { sent: 0, lost: 0, collided: 0 };
  const onAir = new Set<Sending>();
  const GATEWAY = -1;
  function put(sender: number, frame: Uint8Array, arrived: () => void): boolean {
    const nowMs = clock.now();
    if (nowMs < (silentUntil.get(sender) ?? 0)) return false;
    const airMs = airtimeMs(frame.length + headerBytes, settings);
    silentUntil.set(sender, nowMs + airMs + silenceMs(airMs, dutyCycle));
    onAirMs.set(sender, (onAirMs.get(sender) ?? 0) + airMs);
    const one: Sending = { fromMs: nowMs, toMs: nowMs + airMs, collides: false };
    for (const other of onAir) other.collides = one.collides = true;
    onAir.add(one);
    counts.sent++;
    clock.after(airMs, () => {
      onAir.delete(one);
      if (one.collides) counts.collided++;
      else if (rng.uniform() < loss) counts.lost++;
      else arrived();
    });
    return true;
  }
  return {
    onAirMs,
    counts,
    send: (sender, frame, answered) =>
      put(sender, frame, () => {
        void hear(frame).then((answer) => answer && put(GATEWAY, answer, () => answered(answer)));
      }),
  };
}
