/** Real numbers as 64-bit words in fixed point, so that sums modulo 2^64 under masks come out exactly. */
import { HearsayError } from "../base/errors.ts";

/** 9e-13: the words of an epoch are squares of small steps, too. */
const UNIT = 1 / 2 ** 40;
/** Of four parties together below 2^63 of these. */
const MOST = 2 ** 21;

/** @throws HearsayError ERR_DATA for a value that does not fit. */
export function toWords(values: Float64Array): BigUint64Array {
  return BigUint64Array.from(values, (value) => {
    if (!(Math.abs(value) < MOST))
      throw new HearsayError(
        "ERR_DATA",
        `a partial result of ${value} does not fit into ${MOST}: is a value of the data far from all others? Mend it, or raise --ridge`,
      );
    return BigInt.asUintN(64, BigInt(Math.round(value / UNIT)));
  });
}

export function fromWords(words: BigUint64Array): Float64Array {
  return Float64Array.from(words, (word) => Number(BigInt.asIntN(64, word)) * UNIT);
}

/** Little endian, 8 bytes a word. */
export function bytesOfWords(words: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(8 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setBigUint64(8 * i, word, true);
  });
  return bytes;
}

/** @throws RangeError for a length that is no multiple of 8. */
export function wordsOfBytes(bytes: Uint8Array): BigUint64Array {
  if (bytes.length % 8 !== 0) throw new RangeError(`${bytes.length} bytes are no words`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return BigUint64Array.from({ length: bytes.length / 8 }, (_, i) => view.getBigUint64(8 * i, true));
}
