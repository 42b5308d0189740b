/**
 * How many records a peer has shows in the rate at which it samples them, and the rate stands in its log. So it is rounded down to one of eight
 * steps an octave: of the number of records others learn no more than a span of 9 %. The batch of the task is then up to 9 % more than what a step is expected to draw.
 *
 * A rate is an integer of 2^-32, so that a log can hold it, and so that each record is drawn with exactly this chance.
 */

import { RATE_ONE } from "../base/spent.ts";

/** 2^(-k/8) of 2^32, rounded down; written out, since they stand in logs. */
const EIGHTHS: readonly number[] = [
  4294967296, 3938502375, 3611622602, 3311872529, 3037000499, 2784941737, 2553802833, 2341847523,
];

/**
 * The greatest rate of the scale that is at most batch / rows, as an integer of 2^-32; 2^32 where the batch holds all rows.
 * @throws RangeError unless both are positive integers.
 * @example
 * import { samplingRate } from "hearsay/protocol/privacy/sampling-rate";
 * samplingRate(32, 32) / 2 ** 32; // -> 1
 * samplingRate(1024, 32) / 2 ** 32; // -> 0.03125
 * (samplingRate(1437, 32) / 2 ** 32).toFixed(5); // -> "0.02210"
 */
export function samplingRate(rows: number, batch: number): number {
  for (const [name, value] of Object.entries({ rows, batch }))
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} ${value} is no positive integer`);
  const most = Math.min(1, batch / rows) * RATE_ONE;
  let octave = 1;
  while (most * octave < RATE_ONE / 2) octave *= 2;
  const within = most * octave; // in [1/2, 1]
  const step = EIGHTHS.find((rate) => rate <= within) ?? RATE_ONE / 2;
  return Math.max(1, Math.floor(step / octave));
}
