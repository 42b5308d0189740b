/**
 * What a network does to what is sent over it, as one interface: how long bytes take, whether they arrive, who can be connected.
 * The models are the other files of this folder, put together by `models.ts`; this is all that `network.ts` knows of them.
 */
import type { PeerId } from "../../protocol/base/seams.ts";

export interface Conditions {
  /**
   * Milliseconds from sending to arrival of one message, or undefined where it is lost. Called once for every message, in order
   * of sending, at its time of sending.
   */
  transitMs(from: PeerId, to: PeerId, bytes: number): number | undefined;
  /** Whether a connection between the two can exist now. */
  allows(a: PeerId, b: PeerId): boolean;
}

/** Every message takes `latencyMs`, nothing is lost, everybody reaches everybody. */
export function constantLatency(latencyMs: number): Conditions {
  return { transitMs: () => latencyMs, allows: () => true };
}
