/**
 * Frames on a stream: reads one, or one after the other, and writes one.
 *
 * It reads by events, not by the stream's iterator (@libp2p/utils 7.4): that has a queue without bound, and waits for ever where the other end had closed
 * before it began.
 */
import type { Stream } from "@libp2p/interface";
import * as lp from "it-length-prefixed";
import { Uint8ArrayList } from "uint8arraylist";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { wallClock } from "../clock.ts";
import { createDeadline } from "./deadline.ts";
import { type FrameOptions, FrameReader } from "./frame-reader.ts";

/** With the 12 bytes of yamux before it, one message of Noise (65,519 bytes). */
const PIECE_BYTES = 65_507;

/** A frame that takes longer than this, and comes slower than LIMITS.minBytesPerSecond, is given up. */
const GRACE_MS = LIMITS.requestTimeoutMs;

/**
 * The one frame that comes on a stream; what comes after it is thrown away.
 * @throws HearsayError ERR_TOO_LARGE; ERR_RATE; ERR_UNREACHABLE where the stream ends before; the signal's reason.
 */
export function readFrame(stream: Stream, options: FrameOptions, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader(options);
    const settle = (end: () => void) => {
      stream.removeEventListener("message", onMessage);
      stream.removeEventListener("remoteCloseWrite", onEnd);
      stream.removeEventListener("close", onEnd);
      signal.removeEventListener("abort", onAbort);
      end();
    };
    const onMessage = ({ data }: { data: Chunks }) => {
      try {
        for (const chunk of chunksOf(data)) {
          const { frame } = reader.take(chunk);
          if (frame === undefined) continue;
          stream.closeRead().catch(() => {}); // from now on it is discarded, and not kept
          settle(() => resolve(frame));
          return;
        }
      } catch (error) {
        settle(() => reject(error));
      }
    };
    // the end may be told before the bytes that came with it, and has been told already where the stream ended before this began
    const onEnd = () => setImmediate(() => settle(() => reject(ended())));
    const onAbort = () => settle(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    stream.addEventListener("remoteCloseWrite", onEnd);
    stream.addEventListener("close", onEnd);
    stream.addEventListener("message", onMessage);
    if (signal.aborted) onAbort();
    else if (stream.remoteWriteStatus === "closed" || stream.status !== "open") onEnd();
  });
}

/**
 * The frames that come on a stream, until it ends; one that is begun has `graceMs`, and longer where it is long. While one is being worked on the other end has to wait: it may send what fits into the stream's window.
 * @throws HearsayError ERR_TOO_LARGE; ERR_RATE; ERR_TIMEOUT where one that was begun does not come; the error that ended the stream.
 */
export async function* readFrames(
  stream: Stream,
  options: FrameOptions & { readonly graceMs?: number },
): AsyncGenerator<Uint8Array> {
  const { graceMs = GRACE_MS } = options;
  const reader = new FrameReader(options);
  const inbox = new Inbox(stream);
  let beganMs = wallClock.monotonicMs();
  try {
    for (;;) {
      const { begun } = reader;
      const chunk = await inbox.next(begun === undefined ? undefined : beganMs + timeFor(begun, graceMs));
      if (chunk === undefined) return;
      if (begun === undefined) beganMs = wallClock.monotonicMs();
      for (let at = 0; at < chunk.length; ) {
        const { frame, taken } = reader.take(chunk.subarray(at));
        at += taken;
        if (frame === undefined) continue;
        yield frame;
        options.reserve?.(0);
        beganMs = wallClock.monotonicMs();
      }
    }
  } finally {
    inbox.close();
    options.reserve?.(0);
  }
}

/**
 * Hands over each frame that comes on a stream, as it comes: for what was asked for, which is bounded by what was asked. Calls back once at the end, with the
 * error where there is one. @throws nothing.
 */
export function onFrames(
  stream: Stream,
  options: Pick<FrameOptions, "maxBytes" | "memoryFor">,
  onFrame: (frame: Uint8Array) => void,
  onEnd: (error?: Error) => void,
): void {
  const reader = new FrameReader(options);
  let isOver = false;
  const end = (error?: Error) => {
    if (isOver) return;
    isOver = true;
    stream.removeEventListener("message", onMessage);
    onEnd(error);
  };
  const onMessage = ({ data }: { data: Chunks }) => {
    try {
      for (const chunk of chunksOf(data)) {
        for (let at = 0; at < chunk.length && !isOver; ) {
          const { frame, taken } = reader.take(at === 0 ? chunk : chunk.subarray(at));
          at += taken;
          if (frame !== undefined) onFrame(frame);
        }
      }
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  };
  // the end may be told before the bytes that came with it
  const onClose = ({ error }: Event & { readonly error?: Error }) => void setImmediate(() => end(error));
  stream.addEventListener("remoteCloseWrite", onClose);
  stream.addEventListener("close", onClose);
  stream.addEventListener("message", onMessage);
  if (stream.remoteWriteStatus === "closed" || stream.status !== "open") setImmediate(end);
}

/** How long the beginning of a frame may have taken. */
function timeFor(bytes: number, graceMs: number): number {
  return graceMs + (1000 * bytes) / LIMITS.minBytesPerSecond;
}

/** What has come on a stream and was not looked at yet: a window at most, since the stream is paused while something is here. */
class Inbox {
  readonly #stream: Stream;
  readonly #chunks: Uint8Array[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake = () => {};
  #resuming = false;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.addEventListener("remoteCloseWrite", this.#onEnd);
    stream.addEventListener("close", this.#onEnd);
    stream.addEventListener("message", this.#onMessage);
    if (stream.remoteWriteStatus === "closed") this.#onEnd();
  }

  /** The next that comes; undefined at the end of the stream. @throws HearsayError ERR_TIMEOUT where nothing came by then. */
  async next(untilMs = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      this.#resume();
      if (this.#chunks.length > 0) continue;
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return undefined;
      }
      const leftMs = untilMs - wallClock.monotonicMs();
      if (leftMs <= 0) throw new HearsayError("ERR_TIMEOUT", "the frame that was begun does not come");
      await this.#news(leftMs);
    }
  }

  /** Resolves when something came, or after this time. */
  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = withinMs === Number.POSITIVE_INFINITY ? () => {} : wallClock.after(withinMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  close(): void {
    this.#stream.removeEventListener("remoteCloseWrite", this.#onEnd);
    this.#stream.removeEventListener("close", this.#onEnd);
    this.#stream.removeEventListener("message", this.#onMessage);
  }

  readonly #onMessage = ({ data }: { data: Chunks }) => {
    for (const chunk of chunksOf(data)) this.#chunks.push(chunk);
    if (!this.#resuming) this.#pause();
    this.#wake();
  };

  #pause(): void {
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  /** Hands over what came while the stream was paused, too: a pause within that would be undone at the end of it (@libp2p/utils 7.4), and the window grow without end. */
  #resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    this.#resuming = true;
    this.#stream.resume();
    this.#resuming = false;
    if (this.#chunks.length > 0) this.#pause();
  }

  readonly #onEnd = (event?: Event & { readonly error?: Error }) => {
    // the end may be told before the bytes that came with it
    setImmediate(() => {
      this.#end ??= { error: event?.error };
      this.#wake();
    });
  };
}

/** Sends one frame; resolves when the connection has taken it. @throws the signal's reason; a TimeoutError after LIMITS.requestTimeoutMs. */
export function writeFrame(stream: Stream, frame: Uint8Array, signal: AbortSignal): Promise<void> {
  return sendFrame(stream, [frame], signal);
}

/**
 * The same of a frame in parts, of which none is copied. A long frame goes in pieces: yamux would send all that the window of the stream permits as one frame of its own,
 * which the other end sees when it is whole, so that the one would wait while the other works.
 */
export async function sendFrame(stream: Stream, parts: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
  const frame = lp.encode.single(new Uint8ArrayList(...parts));
  const isShort = frame.byteLength <= PIECE_BYTES;
  if (isShort && stream.send(frame)) return;
  const deadline = createDeadline(LIMITS.requestTimeoutMs, signal);
  try {
    if (isShort) return await drained(stream, deadline.signal);
    for (let at = 0; at < frame.byteLength; at += PIECE_BYTES) {
      const piece = frame.sublist(at, Math.min(frame.byteLength, at + PIECE_BYTES));
      if (!stream.send(piece)) await drained(stream, deadline.signal);
    }
  } finally {
    deadline.end();
  }
}

/** The `drain` *event*: `stream.onDrain()` resolves at once after its first use (@libp2p/utils 7.4). */
function drained(stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      stream.removeEventListener("drain", onDrain);
      stream.removeEventListener("close", onClose);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onDrain = () => done();
    const onClose = () => done(ended());
    const onAbort = () => done(signal.reason);
    stream.addEventListener("drain", onDrain);
    stream.addEventListener("close", onClose);
    signal.addEventListener("abort", onAbort);
  });
}

type Chunks = Uint8Array | Iterable<Uint8Array>;

function chunksOf(data: Chunks): Iterable<Uint8Array> {
  return data instanceof Uint8Array ? [data] : data;
}

function ended(): HearsayError {
  return new HearsayError("ERR_UNREACHABLE", "the stream ended before a frame was whole");
}
