/**
 * The conditions of a scenario's network, put together from the models of this folder. The way of one message:
 *
 *     upload queue of the sender -> lost for good? -> latency + packets sent again -> download queue of the receiver
 *
 * Each model draws from a stream of its own, so that changing one of them leaves what the others draw as it was. Each sender has its own streams: what
 * becomes of its messages does not depend on what others send meanwhile.
 */
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock, PeerId } from "../../protocol/base/seams.ts";
import { createLines } from "./bandwidth.ts";
import type { Conditions } from "./conditions.ts";
import { createLatency, drawsLatency } from "./latency.ts";
import { createLoss, drawsLoss } from "./loss.ts";
import { dealNatClasses, natsConnect } from "./nat.ts";
import { createPartitions } from "./partitions.ts";
import type { NetworkSpec } from "./schema.ts";

export interface ConditionsOptions {
  /** In the order of their numbers. */
  readonly peers: readonly PeerId[];
  /** A node in a data centre, which is no peer: it has a line without limit, a public address, and is on the side of peer 0. */
  readonly server?: PeerId;
  readonly rng: Rng;
  readonly clock: Clock;
  /** The run begins now and lasts so long: partitions are given in shares of it. */
  readonly runMs: number;
}

/** Latency and partitions treat the server as if it stood beside peer 0. */
const SERVER_INDEX = 0;

export interface ModelledConditions extends Conditions {
  /**
   * Times of the clock, in order, at which `allows` changes: call `network.enforce()` then, and open again the links that are
   * allowed again.
   */
  readonly changesMs: readonly number[];
}

/** @throws RangeError, from the methods, for a peer that is not among `peers`. */
export function createConditions(
  spec: NetworkSpec,
  { peers, server, rng, clock, runMs }: ConditionsOptions,
): ModelledConditions {
  const indices = new Map(peers.map((peer, index) => [peer, index]));
  const latencyOf = ofEach(drawsLatency(spec.latency), (sender) =>
    createLatency(spec.latency, rng.fork(`latency/${sender}`)),
  );
  const lines = spec.bandwidth && createLines(spec.bandwidth, peers.length, rng.fork("bandwidth"));
  const lossOf = ofEach(drawsLoss(spec.loss), (sender) => createLoss(spec.loss, rng.fork(`loss/${sender}`)));
  const partitions = createPartitions(spec.partitions, peers.length, clock.now(), runMs);
  const nats = dealNatClasses(spec.nat, peers.length, rng.fork("nat"));

  function indexOf(peer: PeerId): number {
    const index = peer === server ? SERVER_INDEX : indices.get(peer);
    if (index === undefined) throw new RangeError(`${peer} is not among the peers of these conditions`);
    return index;
  }

  return {
    changesMs: partitions.changesMs,
    transitMs(from, to, bytes) {
      const sender = indexOf(from);
      const receiver = indexOf(to);
      const nowMs = clock.now();
      const loss = lossOf(sender);
      const uploadMs =
        lines === undefined || from === server ? 0 : lines.uploadMs(sender, bytes * loss.sendings, nowMs);
      const lateMs = loss.delayMs(bytes); // what is lost has been sent all the same
      if (lateMs === undefined) return undefined;
      const travelMs = uploadMs + latencyOf(sender)(sender, receiver) + lateMs;
      return (
        travelMs +
        (lines === undefined || to === server ? 0 : lines.downloadMs(receiver, bytes, nowMs + travelMs, nowMs))
      );
    },
    allows(a, b) {
      const [left, right] = [indexOf(a), indexOf(b)];
      if (
        a !== server &&
        b !== server &&
        !natsConnect(nats[left] as (typeof nats)[number], nats[right] as (typeof nats)[number])
      )
        return false;
      return partitions.together(left, right, clock.now());
    },
  };
}

/** A value for each peer, made when it is first asked for; or one for all. */
function ofEach<T>(differ: boolean, make: (peer: number) => T): (peer: number) => T {
  if (!differ) {
    const only = make(0);
    return () => only;
  }
  const made: T[] = [];
  return (peer) => {
    made[peer] ??= make(peer);
    return made[peer];
  };
}
