/**
 * How long a message is under way on an idle line, from peer to peer.
 *
 * Lognormal is what one-way delays of the Internet look like at a first glance: a floor, and a tail of some times the median.
 */
import { exp } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { LatencySpec } from "./schema.ts";

/** One-way time of one message between two peers, given by their numbers. */
export type Latency = (from: number, to: number) => number;

export function createLatency(spec: LatencySpec, rng: Rng): Latency {
  switch (spec.kind) {
    case "constant":
      return () => spec.ms;
    case "lognormal": {
      const leastMs = leastLatencyMs(spec);
      return () => Math.max(leastMs, spec.medianMs * exp(spec.sigma * rng.normal()));
    }
    case "matrix": {
      const places = spec.ms.length;
      const ms = Float64Array.from(spec.ms.flat());
      return (from, to) => ms[(from % places) * places + (to % places)] as number;
    }
  }
}

/** Whether times are drawn: else one model serves all senders. */
export function drawsLatency({ kind }: LatencySpec): boolean {
  return kind === "lognormal";
}

/** No message is faster. A lognormal latency is cut off 4 sigma below its median, where one draw in 30,000 lies. */
export function leastLatencyMs(spec: LatencySpec): number {
  switch (spec.kind) {
    case "constant":
      return spec.ms;
    case "lognormal":
      return spec.medianMs * exp(-4 * spec.sigma);
    case "matrix":
      return Math.min(...spec.ms.map((row) => Math.min(...row)));
  }
}
