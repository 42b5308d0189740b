/**
 * The line of each peer: one upload queue and one download queue, store and forward. A message occupies a line for
 * bytes x 8 / kbps milliseconds (1 kbps is 1 bit a millisecond); it takes the sender's line, travels, and takes the receiver's.
 *
 * Uploads are first in, first out, exactly. Downloads are booked when a message is sent, since its arrival is promised then: it
 * gets the first gap that is long enough from its arrival on. So a message that is sent later and arrives earlier does not wait
 * for one that is still in the queue of a slow sender; but what is booked stays booked.
 */
import { exp } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { BandwidthSpec } from "./schema.ts";

export interface Lines {
  /** From `nowMs` until the last bit has left, queueing included. */
  uploadMs(peer: number, bytes: number, nowMs: number): number;
  /** From `arrivalMs` (>= `nowMs`, the time of sending) until the last bit has come in, queueing included. */
  downloadMs(peer: number, bytes: number, arrivalMs: number, nowMs: number): number;
}

/** The lines of `peers` peers; with `sigma`, each peer's two rates are multiplied by one lognormal factor of median 1. */
export function createLines(spec: BandwidthSpec, peers: number, rng: Rng): Lines {
  const factors = Float64Array.from({ length: peers }, () => (spec.sigma > 0 ? exp(spec.sigma * rng.normal()) : 1));
  const uploadFreeMs = new Float64Array(peers).fill(Number.NEGATIVE_INFINITY);
  const downloads: number[][] = Array.from({ length: peers }, () => []);
  return {
    uploadMs(peer, bytes, nowMs) {
      const waitMs = Math.max(0, (uploadFreeMs[peer] as number) - nowMs);
      const ms = waitMs + (bytes * 8) / (spec.uploadKbps * (factors[peer] as number));
      uploadFreeMs[peer] = nowMs + ms;
      return ms;
    },
    downloadMs(peer, bytes, arrivalMs, nowMs) {
      const booked = downloads[peer] as number[];
      forget(booked, nowMs);
      const occupiedMs = (bytes * 8) / (spec.downloadKbps * (factors[peer] as number));
      return book(booked, arrivalMs, occupiedMs) - arrivalMs + occupiedMs;
    },
  };
}

/** Drops what ended by `nowMs`: nothing that is sent from now on arrives earlier. */
function forget(booked: number[], nowMs: number): void {
  let ended = 0;
  while (ended < booked.length && (booked[ended + 1] as number) <= nowMs) ended += 2;
  if (ended === 0) return;
  booked.copyWithin(0, ended);
  booked.length -= ended;
}

/**
 * Books the first gap of `forMs` from `fromMs` on and returns where it starts. `booked` is start, end, start, end ... in order of
 * time; neighbours that touch become one, so that a busy line is one entry.
 */
function book(booked: number[], fromMs: number, forMs: number): number {
  let startMs = fromMs;
  let i = 0;
  while (i < booked.length && startMs + forMs > (booked[i] as number)) {
    startMs = Math.max(startMs, booked[i + 1] as number);
    i += 2;
  }
  const endMs = startMs + forMs;
  const touchesEarlier = i > 0 && booked[i - 1] === startMs;
  const touchesLater = i < booked.length && booked[i] === endMs;
  if (touchesEarlier && touchesLater) {
    booked.copyWithin(i - 1, i + 1);
    booked.length -= 2;
  } else if (touchesEarlier) booked[i - 1] = endMs;
  else if (touchesLater) booked[i] = startMs;
  else {
    booked.push(0, 0);
    booked.copyWithin(i + 2, i);
    booked[i] = startMs;
    booked[i + 1] = endMs;
  }
  return startMs;
}
