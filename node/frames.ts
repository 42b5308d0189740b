/**
 * Frames on a stream: an unsigned-varint length, then bytes. Reads one frame, or one after the other, and writes one.
 *
 * What has come of a frame is copied into memory of its own: a slice of what the socket read would keep all of that. The memory grows with what comes, not with
 * what the length promises, and every growth is asked for (`reserve`), so that half frames count in the one byte budget of the process.
 *
 * It reads by events, not by the stream's iterator (@libp2p/utils 7.4): that has a queue without bound, and waits for ever where the other end had closed
 * before it began.
 */
import type { Stream } from "@libp2p/interface";
import * as lp from "it-length-prefixed";
import { HearsayError } from "../protocol/errors.ts";

export interface FrameOptions {
  readonly maxBytes: number;
  /** Asked before memory for a frame is made larger, with all that the frame then takes, and with 0 when it is done with; false refuses. */
  readonly reserve?: (bytes: number) => boolean;
}

const FIRST_BYTES = 1024;

/** Puts frames together from what comes. */
class FrameReader {
  readonly #options: FrameOptions;
  #length = 0;
  /** What the next byte of the length is worth; 0 when the length is known. */
  #unit = 1;
  #filled = 0;
  #bytes = new Uint8Array(0);

  constructor(options: FrameOptions) {
    this.#options = options;
  }

  /**
   * Takes bytes up to the end of a frame; the frame, where it is whole, and how many bytes were taken.
   * @throws HearsayError ERR_TOO_LARGE, ERR_RATE where there is no room for it.
   */
  take(chunk: Uint8Array): { frame?: Uint8Array; taken: number } {
    let taken = 0;
    while (this.#unit > 0) {
      if (taken === chunk.length) return { taken };
      this.#takeLength(chunk[taken++] as number);
    }
    const part = chunk.subarray(taken, taken + this.#length - this.#filled);
    this.#makeRoom(this.#filled + part.length);
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    taken += part.length;
    if (this.#filled < this.#length) return { taken };
    const frame = this.#bytes.subarray(0, this.#length);
    this.#unit = 1;
    this.#length = this.#filled = 0;
    this.#bytes = new Uint8Array(0);
    return { frame, taken };
  }

  #takeLength(byte: number): void {
    this.#length += (byte & 0x7f) * this.#unit;
    // a length that does not end within 7 bytes is none either
    if (this.#length > this.#options.maxBytes || this.#unit > 2 ** 42) {
      throw new HearsayError("ERR_TOO_LARGE", `a frame of more than ${this.#options.maxBytes} bytes`);
    }
    this.#unit = byte < 0x80 ? 0 : this.#unit * 128;
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const size = Math.min(this.#length, Math.max(bytes, FIRST_BYTES, 2 * this.#bytes.length));
    if (this.#options.reserve?.(size) === false)
      throw new HearsayError("ERR_RATE", "no room for what others send; ask again later");
    const larger = new Uint8Array(size);
    larger.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = larger;
  }
}

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
 * The frames that come on a stream, until it ends. While one is being worked on the other end has to wait: it may send what fits into the stream's window.
 * @throws HearsayError ERR_TOO_LARGE; ERR_RATE; the error that ended the stream.
 */
export async function* readFrames(stream: Stream, options: FrameOptions): AsyncGenerator<Uint8Array> {
  const reader = new FrameReader(options);
  const inbox = new Inbox(stream);
  try {
    for (;;) {
      const chunk = await inbox.next();
      if (chunk === undefined) return;
      for (let at = 0; at < chunk.length; ) {
        const { frame, taken } = reader.take(chunk.subarray(at));
        at += taken;
        if (frame === undefined) continue;
        yield frame;
        options.reserve?.(0);
      }
    }
  } finally {
    inbox.close();
    options.reserve?.(0);
  }
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

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      this.#resume();
      if (this.#chunks.length > 0) continue;
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
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

/** Sends one frame; resolves when the connection has taken it. */
export async function writeFrame(stream: Stream, frame: Uint8Array, signal: AbortSignal): Promise<void> {
  if (!stream.send(lp.encode.single(frame))) await drained(stream, signal);
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
