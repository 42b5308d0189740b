/**
 * Finds connections whose other end is gone without a word: a cable was pulled, an address has changed, a process stands still. TCP would take
 * minutes. yamux asks a connection for a byte when nothing came for a third of LIMITS.maxSilenceMs, or for longer where an end wants it so (quiet.ts); a
 * connection from which nothing came for three times as long is dead and is closed, so that its peer can be dialled anew.
 *
 * Silence is counted in looks at the clock, not in time: where this process itself stood still, what came meanwhile is still to be read.
 */
import type { Connection } from "@libp2p/interface";
import { wallClock } from "../clock.ts";
import type { Quiet } from "./quiet.ts";

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
/** Enough for one question and its answer. */
const suspectLooks = (quietMs: number) => (quietMs + 1_500) / LOOK_EVERY_MS;

export function createHearing(): Hearing {
  const times = new WeakMap<object, number>();
  return {
    heard: ({ timeline }) => void times.set(timeline, wallClock.monotonicMs()),
    lastMs: ({ timeline }) => times.get(timeline) ?? 0,
  };
}

/** @param node a libp2p node, with the hearing of its connections, and how silent they may be. */
export function startLiveness(node: {
  getConnections(): Connection[];
  readonly hearing: Hearing;
  readonly quiet: Pick<Quiet, "of">;
}): Liveness {
  const deadAfter = (connection: Connection) => (3 * node.quiet.of(connection)) / LOOK_EVERY_MS;
  const silence = new WeakMap<Connection, { lastMs: number; looks: number }>();

  function look(connection: Connection): void {
    const lastMs = node.hearing.lastMs(connection);
    const before = silence.get(connection);
    const looks = before === undefined || before.lastMs !== lastMs ? 0 : before.looks + 1;
    silence.set(connection, { lastMs, looks });
    if (looks < deadAfter(connection)) return;
    connection.abort(new Error(`nothing came for ${(looks * LOOK_EVERY_MS) / 1000} s`));
  }

  const timer = setInterval(() => node.getConnections().forEach(look), LOOK_EVERY_MS);
  timer.unref();
  return {
    suspect() {
      for (const connection of node.getConnections()) {
        const { lastMs, looks } = silence.get(connection) ?? { lastMs: node.hearing.lastMs(connection), looks: 0 };
        silence.set(connection, {
          lastMs,
          looks: Math.max(looks, deadAfter(connection) - suspectLooks(node.quiet.of(connection))),
        });
      }
    },
    stop: () => clearInterval(timer),
  };
}
