/**
 * Finds connections whose other end is gone without a word: a cable was pulled, an address has changed, a process stands still. TCP would take
 * minutes. yamux asks every connection for a byte every third of LIMITS.maxSilenceMs (libp2p.ts); a connection from which nothing came
 * for that long is dead and is closed, so that its peer can be dialled anew.
 *
 * Silence is counted in looks at the clock, not in time: where this process itself stood still, what came meanwhile is still to be read.
 */
import type { Connection } from "@libp2p/interface";
import { LIMITS } from "../../protocol/base/limits.ts";
import { wallClock } from "../clock.ts";

/** When bytes came, by the timeline that a connection shares with the socket below it. */
export interface Hearing {
  heard(socket: { readonly timeline: object }): void;
  lastMs(connection: { readonly timeline: object }): number;
}

export interface Liveness {
  /** The network has changed: what stays silent from now on is dead sooner. */
  suspect(): void;
  stop(): void;
}

const LOOK_EVERY_MS = 500;
const DEAD_AFTER_LOOKS = LIMITS.maxSilenceMs / LOOK_EVERY_MS;
/** Enough for one question and its answer. */
const SUSPECT_LOOKS = (LIMITS.maxSilenceMs / 3 + 1_500) / LOOK_EVERY_MS;

export function createHearing(): Hearing {
  const times = new WeakMap<object, number>();
  return {
    heard: ({ timeline }) => void times.set(timeline, wallClock.monotonicMs()),
    lastMs: ({ timeline }) => times.get(timeline) ?? 0,
  };
}

/** @param node a libp2p node, with the hearing of its connections. */
export function startLiveness(node: { getConnections(): Connection[]; readonly hearing: Hearing }): Liveness {
  const silence = new WeakMap<Connection, { lastMs: number; looks: number }>();

  function look(connection: Connection): void {
    const lastMs = node.hearing.lastMs(connection);
    const before = silence.get(connection);
    const looks = before === undefined || before.lastMs !== lastMs ? 0 : before.looks + 1;
    silence.set(connection, { lastMs, looks });
    if (looks >= DEAD_AFTER_LOOKS) connection.abort(new Error(`nothing came for ${LIMITS.maxSilenceMs / 1000} s`));
  }

  const timer = setInterval(() => node.getConnections().forEach(look), LOOK_EVERY_MS);
  timer.unref();
  return {
    suspect() {
      for (const connection of node.getConnections()) {
        const { lastMs, looks } = silence.get(connection) ?? { lastMs: node.hearing.lastMs(connection), looks: 0 };
        silence.set(connection, { lastMs, looks: Math.max(looks, DEAD_AFTER_LOOKS - SUSPECT_LOOKS) });
      }
    },
    stop: () => clearInterval(timer),
  };
}
