/**
 * yamux, with bounds on what a connection may bring and keep.
 *
 *   a frame       no longer than the window of a stream: yamux (8.0.3) collects a frame of any length before it looks at it
 *   in            so many bytes a second of streams that the other end opened; what comes faster waits in its socket. Answers to own requests do not count
 *   out           so many bytes that the other end does not take: replies to pings have no other bound
 *   windows       a stream's is opened again when half of it is used: yamux (8.0.3) would answer every frame with a frame, of 30 bytes with Noise
 *   pings         only where nothing else comes
 *   all together  so many bytes that wait in buffers of streams and connections, read or written; beyond that the connection with the most ends
 */
import { channel } from "node:diagnostics_channel";
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from "@libp2p/interface";
import { yamux } from "@libp2p/yamux";
import { type Allowance, allowanceAt } from "../../protocol/base/bounded.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { wallClock } from "../clock.ts";

/** What a neighbour may send on a stream before somebody looks at it: the least that yamux has. */
const STREAM_WINDOW_BYTES = 262_144;

const HEADER_BYTES = 12;
const DATA = 0;
const SYN = 1;
/** Time between two looks at all buffers. */
const LOOK_EVERY_MS = 500;
/** What opening a stream, and any frame, counts in bytes beside those that it carries. */
const STREAM_COST_BYTES = 1024;
const FRAME_COST_BYTES = 64;

/** Tells who measures of each connection, before a byte goes over it (`test/bench/wire-ledger.ts`). */
const connected = channel("hearsay:connection");

/** The muxer for createLibp2p. @param pingAfterMs when nothing came for so long it asks the other end whether it is there. */
export function boundedMuxer(pingAfterMs: (muxer: StreamMuxer) => number): () => StreamMuxerFactory {
  const open = new Set<Multiplexed>();
  const create = yamux({
    enableKeepAlive: false, // it pings however much comes
    maxInboundStreams: LIMITS.maxStreams,
    // pause() aborts a stream where the window exceeds the read buffer (@libp2p/utils 7.4)
    streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES, maxReadBufferLength: 2 * STREAM_WINDOW_BYTES },
  });
  return () => {
    const factory = create();
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection) {
        connected.publish(connection);
        bound(connection);
        const muxer = factory.createStreamMuxer(connection);
        openWindowsSeldom(muxer);
        pingWhereSilent(connection, muxer, pingAfterMs);
        keepAccount(open, { connection, muxer });
        return muxer;
      },
    };
  };
}

/** What is used of yamux beyond its interface. */
interface YamuxInternals {
  _newStream(...args: unknown[]): YamuxStream;
  ping(options: { readonly signal: AbortSignal }): Promise<number>;
}

interface YamuxStream {
  readonly state: number;
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** The state of a stream whose other end does not know of it yet: the update that is due opens it. */
const INIT = 0;

function openWindowsSeldom(muxer: StreamMuxer): void {
  const internals = muxer as unknown as YamuxInternals;
  const newStream = internals._newStream.bind(muxer);
  internals._newStream = (...args) => {
    const stream = newStream(...args);
    const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
    stream.sendWindowUpdate = () => {
      if (stream.state === INIT || stream.recvWindowCapacity <= stream.recvWindow / 2) sendWindowUpdate();
    };
    return stream;
  };
}

/** Asks the other end for a byte when none came for so long: what is alive and busy needs no question. */
function pingWhereSilent(
  connection: MessageStream,
  muxer: StreamMuxer,
  pingAfterMs: (muxer: StreamMuxer) => number,
): void {
  const internals = muxer as unknown as YamuxInternals;
  let heardMs = wallClock.monotonicMs();
  connection.addEventListener("message", () => {
    heardMs = wallClock.monotonicMs();
  });
  let cancel = () => {};
  const lookAt = (delayMs: number) => {
    cancel = wallClock.after(delayMs, () => {
      if (connection.status !== "open") return;
      const afterMs = pingAfterMs(muxer);
      const leftMs = heardMs + afterMs - wallClock.monotonicMs();
      if (leftMs <= 0) internals.ping({ signal: AbortSignal.timeout(LIMITS.maxSilenceMs) }).catch(() => {}); // liveness.ts sees that nothing comes
      lookAt(leftMs <= 0 ? afterMs : leftMs);
    });
  };
  lookAt(pingAfterMs(muxer));
  connection.addEventListener("close", () => cancel(), { once: true });
}

export interface Multiplexed {
  readonly connection: Pick<MessageStream, "readBufferLength" | "writeBufferLength" | "abort" | "addEventListener">;
  readonly muxer: { readonly streams: readonly Pick<MessageStream, "readBufferLength" | "writeBufferLength">[] };
}

/** Counts a connection among those that are open until it closes; while there are any, their buffers are looked at. */
function keepAccount(open: Set<Multiplexed>, one: Multiplexed): void {
  if (open.size === 0) lookAgain(open);
  open.add(one);
  one.connection.addEventListener("close", () => void open.delete(one), { once: true });
}

function lookAgain(open: Set<Multiplexed>): void {
  wallClock.after(LOOK_EVERY_MS, () => {
    endLargest(open);
    if (open.size > 0) lookAgain(open);
  });
}

/** Ends connections, those with the most in their buffers first, until all together hold no more than they may. */
export function endLargest(open: Iterable<Multiplexed>): void {
  const sizes = [...open].map((one) => ({ one, bytes: bufferedIn(one) })).sort((a, b) => b.bytes - a.bytes);
  let sum = sizes.reduce((total, { bytes }) => total + bytes, 0);
  for (const { one, bytes } of sizes) {
    if (sum <= LIMITS.maxBufferedBytes) return;
    sum -= bytes;
    one.connection.abort(new Error("it does not take what it asked for, or brings more than anybody can take"));
  }
}

function bufferedIn({ connection, muxer }: Multiplexed): number {
  const buffers = [connection, ...muxer.streams];
  return buffers.reduce(
    (sum, { readBufferLength, writeBufferLength }) => sum + readBufferLength + writeBufferLength,
    0,
  );
}

/** Looks at what comes before the muxer does. */
function bound(connection: MessageStream): void {
  connection.maxWriteBufferLength = LIMITS.maxConnectionBacklogBytes;
  const frames = new FrameHeaders(connection.direction);
  const pace = new Pace(connection);
  connection.addEventListener("message", (event) => {
    const { data } = event;
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      if (!frames.take(chunk)) {
        event.stopImmediatePropagation();
        connection.abort(new Error(`a frame of more than ${STREAM_WINDOW_BYTES} bytes`));
        return;
      }
    }
    pace.spend(frames.takeCost());
  });
}

/** Follows the headers in the bytes of a connection (https://github.com/hashicorp/yamux/blob/master/spec.md). */
export class FrameHeaders {
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  /** Streams of ours have odd ids where we dialled. */
  readonly #own: number;
  #filled = 0;
  /** Bytes of the frame at hand that are still to come, and whether they cost. */
  #left = 0;
  #costs = false;
  #cost = 0;

  constructor(direction: MessageStream["direction"]) {
    this.#own = direction === "outbound" ? 1 : 0;
  }

  /** Follows some bytes; false where a frame is longer than a stream's window. */
  take(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const n = Math.min(this.#left, chunk.length - at);
        if (this.#costs) this.#cost += n;
        this.#left -= n;
        at += n;
        continue;
      }
      this.#header[this.#filled++] = chunk[at++] as number;
      if (this.#filled < HEADER_BYTES) continue;
      this.#filled = 0;
      if (!this.#takeHeader()) return false;
    }
    return true;
  }

  #takeHeader(): boolean {
    const type = this.#view.getUint8(1);
    const flags = this.#view.getUint16(2);
    const stream = this.#view.getUint32(4);
    this.#left = type === DATA ? this.#view.getUint32(8) : 0;
    this.#costs = stream !== 0 && stream % 2 !== this.#own; // 0 is the session: pings
    this.#cost += FRAME_COST_BYTES + ((flags & SYN) !== 0 && this.#costs ? STREAM_COST_BYTES : 0);
    return this.#left <= STREAM_WINDOW_BYTES;
  }

  /** What came since the last call, in bytes. */
  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }
}

/** Lets a connection bring so much a second: it is paused while its allowance is overdrawn. */
class Pace {
  readonly #connection: MessageStream;
  #allowance: Allowance | undefined;
  #paused = false;
  #resuming = false;

  constructor(connection: MessageStream) {
    this.#connection = connection;
  }

  spend(cost: number): void {
    const { tokens, atMs } = allowanceAt(wallClock.monotonicMs(), this.#allowance, LIMITS.inboundBytes);
    this.#allowance = { tokens: tokens - cost, atMs };
    if (!this.#resuming) this.#pauseWhereOverdrawn();
  }

  #pauseWhereOverdrawn(): void {
    const tokens = this.#allowance?.tokens ?? 0;
    if (tokens >= 0 || this.#paused || this.#connection.status !== "open") return;
    this.#connection.pause();
    this.#paused = true;
    wallClock.after((-1000 * tokens) / LIMITS.inboundBytes.perSecond + 1, () => this.#resume());
  }

  /** Hands over what was read already, which may cost too much again: a pause within that would be undone at its end (@libp2p/utils 7.4). */
  #resume(): void {
    this.#paused = false;
    if (this.#connection.status !== "open") return;
    this.#resuming = true;
    this.#connection.resume();
    this.#resuming = false;
    this.#pauseWhereOverdrawn();
  }
}
