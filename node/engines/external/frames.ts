/**
 * The frames that a peer and a trainer in a process of its own send each other, over standard streams or a Unix socket.
 *
 *     4 bytes   length of the header, unsigned little-endian
 *     8 bytes   length of the body, unsigned little-endian
 *     header    a JSON object, UTF-8
 *     body      a safetensors file, or nothing
 */
import { decodeUtf8, utf8 } from "../../../protocol/base/bytes.ts";
import { visible } from "../../../protocol/base/visible.ts";

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  /** Owns its buffer, from its beginning. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface FrameReader {
  /** Where the next bytes of the stream belong. Whoever has them written there spares the copy. */
  space(): Uint8Array;
  /** Takes the next bytes of the stream, of which those in `space` stay where they are. @throws RangeError where they are no frame, in words for people; then nothing more may be given. */
  push(chunk: Uint8Array): void;
}

const PREFIX_BYTES = 12;
/** A description lists 4,096 tensors with names of 256 characters at most. */
export const MAX_HEADER_BYTES: number = 2 ** 21;
/** Of what came instead of a frame. */
const SHOWN_BYTES = 60;

/** A frame in parts, so that parameters are not copied for it. */
export function encodeFrame(
  header: Readonly<Record<string, unknown>>,
  body: readonly Uint8Array[],
): readonly Uint8Array[] {
  const text = utf8(JSON.stringify(header));
  const begin = new Uint8Array(PREFIX_BYTES + text.length);
  const view = new DataView(begin.buffer);
  view.setUint32(0, text.length, true);
  view.setBigUint64(4, BigInt(body.reduce((sum, { length }) => sum + length, 0)), true);
  begin.set(text, PREFIX_BYTES);
  return [begin, ...body];
}

/** @param found is called with each frame, in order; an error that it throws is that of `push`. */
export function createFrameReader(maxBodyBytes: () => number, found: (frame: Frame) => void): FrameReader {
  let target: Uint8Array<ArrayBuffer> = new Uint8Array(PREFIX_BYTES);
  let filled = 0;
  let next: (whole: Uint8Array<ArrayBuffer>) => void = readPrefix;

  function expect(length: number, then: typeof next): void {
    target = Buffer.allocUnsafeSlow(length); // all of it is written before it is read
    filled = 0;
    next = then;
    if (length === 0) finish();
  }

  function finish(): void {
    next(target);
  }

  function readPrefix(prefix: Uint8Array): void {
    const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
    const headerBytes = view.getUint32(0, true);
    const bodyBytes = Number(view.getBigUint64(4, true));
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES) throw new RangeError(noFrame(prefix));
    const most = maxBodyBytes();
    if (bodyBytes > most) throw new RangeError(tooLong(bodyBytes, most));
    expect(headerBytes, (text) => {
      const header = parseHeader(text);
      expect(bodyBytes, (body) => {
        expect(PREFIX_BYTES, readPrefix);
        found({ header, body });
      });
    });
  }

  return {
    space: () => target.subarray(filled),
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + target.length - filled);
        if (part.buffer !== target.buffer) target.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === target.length) finish();
      }
    },
  };
}

function parseHeader(bytes: Uint8Array): Frame["header"] {
  const text = decodeUtf8(bytes);
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Frame["header"];
  } catch {
    // fall through: NaN, say, which JSON does not have
  }
  throw new RangeError(`a header that is no JSON object: ${shown(bytes)}`);
}

function noFrame(bytes: Uint8Array): string {
  return `bytes that are no frame, beginning with ${shown(bytes)}; what a trainer prints belongs on standard error`;
}

function tooLong(bytes: number, most: number): string {
  return most === 0
    ? `a body of ${bytes} bytes, where none belongs`
    : `a body of ${bytes} bytes, where ${most} are the most`;
}

function shown(bytes: Uint8Array): string {
  return `"${visible(Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("latin1"))}"`;
}
