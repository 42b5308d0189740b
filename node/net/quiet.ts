/**
 * How long a connection may be silent before its ends ask each other for a byte. A question and its answer take 268 bytes of a line, every three seconds: 8 MB
 * a day of an idle connection. Whoever pays for bytes asks for longer silence, behind its name, which libp2p's identify tells at each new connection: `hearsay/0.1.0
 * (quiet 90 s)`. Of two ends that want different silences the longer one counts. Peers that know nothing of this ask every three seconds.
 */
import type { Connection, StreamMuxer } from "@libp2p/interface";
import { LIMITS } from "../../protocol/base/limits.ts";
import { AGENT } from "../../protocol/peer/inbound/greet.ts";
import type { ByteLimit } from "../../protocol/traffic/byte-limit.ts";

export interface Quiet {
  /** The name with which this node tells what it wants. */
  readonly agent: string;
  /** Silence of a connection before it is asked for a byte, ms. */
  ofMuxer(muxer: StreamMuxer): number;
  of(connection: Connection): number;
  /** The other end of a connection has told its name. */
  told(connection: Connection, agent: string | undefined): void;
}

/** Where nobody pays for bytes. */
const USUAL_MS = LIMITS.maxSilenceMs / 3;
/** Of an idle connection: a question and its answer, two packets with their acknowledgements. */
const QUESTION_BYTES = 268;
/** Of a budget, for questions. */
const SHARE = 0.1;
const TOLD = /\(quiet (\d{1,3}) s\)$/;

/** @param ownMs what this node wants; as usual where left out. */
export function createQuiet(ownMs: number = USUAL_MS): Quiet {
  const told = new WeakMap<object, number>();
  const own = bounded(ownMs);
  const ofMuxer = (muxer: object) => Math.max(own, told.get(muxer) ?? 0);
  return {
    agent: own === USUAL_MS ? AGENT : `${AGENT} (quiet ${Math.round(own / 1000)} s)`,
    ofMuxer,
    of: (connection) => ofMuxer(muxerOf(connection) ?? connection),
    told(connection, agent = "") {
      const muxer = muxerOf(connection);
      const seconds = TOLD.exec(agent)?.[1];
      if (muxer !== undefined && seconds !== undefined) told.set(muxer, bounded(1000 * Number(seconds)));
    },
  };
}

/** The silence that a budget wants, with so many connections. */
export function quietFor({ bytes, perMs }: ByteLimit, connections: number): number {
  return bounded((connections * QUESTION_BYTES * perMs) / (SHARE * bytes));
}

/** Between two questions for peers, of which one takes as much of a line as some pings; as usual where the silence is. */
export function longestExchange(quietMs: number | undefined): { readonly longestExchangeMs?: number } {
  return quietMs === undefined ? {} : { longestExchangeMs: Math.max(60_000, 10 * quietMs) };
}

function bounded(ms: number): number {
  return Math.min(LIMITS.longestQuietMs, Math.max(USUAL_MS, ms));
}

/** libp2p's connections (3.x) have their muxer as a member. */
function muxerOf(connection: Connection): StreamMuxer | undefined {
  return (connection as { readonly muxer?: StreamMuxer }).muxer;
}
