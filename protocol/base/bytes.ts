/** Bytes: hexadecimal text, comparison, concatenation, and a Float32Array as the little-endian bytes that are hashed. */

const HEX = /^(?:[0-9a-f]{2})*$/;

const DIGITS: Uint8Array = utf8("0123456789abcdef");

/** Bytes whose digits become a text at once. */
const HEX_BLOCK = 1024;

/** Made in one piece: a text that was put together digit by digit is kept so, at 2 kB for a hash, and hashes are remembered by the thousand. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += HEX_BLOCK) text += hexOf(bytes.subarray(i, i + HEX_BLOCK));
  return text;
}

function hexOf(bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    codes[2 * i] = DIGITS[byte >> 4] as number;
    codes[2 * i + 1] = DIGITS[byte & 15] as number;
  }
  return String.fromCharCode.apply(undefined, codes as unknown as number[]); // five times as fast as to spread them
}

/** A short text that, of all bytes of that length, only the same have: a key for maps, not for people. Three times as fast as hexadecimal. */
export function keyOf(bytes: Uint8Array): string {
  if (bytes.length === 32) return keyOfHash(bytes);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8)
    text += String.fromCharCode(
      ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0),
      ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0),
      ((bytes[i + 4] ?? 0) << 8) | (bytes[i + 5] ?? 0),
      ((bytes[i + 6] ?? 0) << 8) | (bytes[i + 7] ?? 0),
    );
  return bytes.length % 8 === 0 ? text : `${text}${bytes.length}`;
}

/** Made in one piece: a text that was put together is kept in two, with its parts, and hashes are remembered by the thousand. */
function keyOfHash(hash: Uint8Array): string {
  const code = (at: number) => ((hash[at] as number) << 8) | (hash[at + 1] as number);
  const [a, b, c, d, e, f, g, h] = [code(0), code(2), code(4), code(6), code(8), code(10), code(12), code(14)];
  const [i, j, k, l, m, n, o, p] = [code(16), code(18), code(20), code(22), code(24), code(26), code(28), code(30)];
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}

/** Lower-case hexadecimal to bytes; undefined for anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Eight bytes at a time, since every chunk of a model body goes through here: 7 times as fast as one by one. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let i = 0;
  if (a.length >= 64) {
    const [x, y] = [viewOf(a), viewOf(b)];
    for (; i + 8 <= a.length; i += 8) if (x.getBigInt64(i) !== y.getBigInt64(i)) return false;
  }
  for (; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order of bytes: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Bytes in all. */
export function lengthOf(parts: Uint8Array | readonly Uint8Array[]): number {
  if (parts instanceof Uint8Array) return parts.length;
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** What is whole is one part. */
export function partsOf(parts: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return parts instanceof Uint8Array ? [parts] : parts;
}

/** The bytes of what is whole, or in parts. */
export function joined(parts: Uint8Array | readonly Uint8Array[]): Uint8Array {
  return parts instanceof Uint8Array ? parts : concatBytes(...parts);
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that `utf8` gives these bytes for, a byte order mark included; undefined for bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The little-endian bytes of float32 values, for reading only: a view where memory allows it. Hashing these identifies a vector. */
export function bytesOf(values: Float32Array): Uint8Array {
  return LITTLE_ENDIAN ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : floatsToBytes(values);
}

/** The little-endian bytes of float32 values (a copy). */
export function floatsToBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  if (LITTLE_ENDIAN) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  } else {
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setFloat32(4 * i, value, true);
    });
  }
  return bytes;
}

/** The float32 values in little-endian bytes, for reading only: a view where memory allows it, else a copy. Throws as `bytesToFloats`. */
export function floatsIn(bytes: Uint8Array): Float32Array {
  if (!LITTLE_ENDIAN || bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0) return bytesToFloats(bytes);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** Little-endian float32 bytes to values (a copy, whatever the alignment). Throws RangeError unless the length is a multiple of 4. */
export function bytesToFloats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of float32 values`);
  const values = new Float32Array(bytes.length / 4);
  if (LITTLE_ENDIAN) {
    new Uint8Array(values.buffer).set(bytes);
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  }
  return values;
}

/** The unsigned 32-bit numbers in little-endian bytes, for reading only: a view where memory allows it, else a copy. Throws RangeError unless the length is a multiple of 4. */
export function wordsIn(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of 32-bit words`);
  if (LITTLE_ENDIAN && bytes.byteOffset % 4 === 0)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const view = viewOf(bytes);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/** The little-endian bytes of 32-bit words, for reading only: a view where memory allows it. */
export function bytesOfWords(words: Uint32Array): Uint8Array {
  if (LITTLE_ENDIAN) return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const bytes = new Uint8Array(words.byteLength);
  const view = viewOf(bytes);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}
