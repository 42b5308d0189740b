/**
 * Masks that vanish in the sum. Each two of the parties without labels share a stream; of the two, the one with the lower key adds it and the other takes it
 * away. The label holder sees what each sends under its masks, which is uniform, and the sum, which is true. One party alone has nobody to share with: its words
 * are sent as they are (README.md, "What each learns").
 */
import { compareBytes, concatBytes, utf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Secrecy } from "../base/seams.ts";
import { wordsOfBytes } from "./words.ts";

/** A party without labels, in one run. */
export interface Masker {
  /** Ed25519: who it is. */
  readonly key: Uint8Array;
  /** x25519: for this run. */
  readonly agreement: Uint8Array;
}

/** What the masks of one message are drawn by: used once. */
export interface MaskContext {
  readonly session: Uint8Array;
  readonly run: Uint8Array;
  readonly step: string;
}

/** The x25519 secret of one run, and whose it is. */
export interface OwnMasker {
  readonly key: Uint8Array;
  readonly secret: Uint8Array;
}

/** Adds one's masks to `words`, in place. @throws HearsayError ERR_DECODE where a key of another is none. */
export function mask(
  { agree, keyStream }: Pick<Secrecy, "agree" | "keyStream">,
  words: BigUint64Array,
  own: OwnMasker,
  others: readonly Masker[],
  { session, run, step }: MaskContext,
): void {
  const info = concatBytes(utf8("hearsay/vertical/mask/v1\0"), run, utf8(step));
  for (const other of others) {
    const key = agree(own.secret, other.agreement, session, info);
    if (key === undefined) throw new HearsayError("ERR_DECODE", "the masking key of a party is none");
    const adds = compareBytes(own.key, other.key) < 0;
    wordsOfBytes(keyStream(key, 8 * words.length)).forEach((word, i) => {
      const before = words[i] as bigint;
      words[i] = adds ? before + word : before - word; // the array takes it modulo 2^64
    });
  }
}

/** The sum of what the parties sent. @throws RangeError for lists of different lengths. */
export function sumOf(messages: readonly BigUint64Array[]): BigUint64Array {
  const sum = new BigUint64Array(messages[0]?.length ?? 0);
  for (const words of messages) {
    if (words.length !== sum.length) throw new RangeError("lists of different lengths");
    words.forEach((word, i) => {
      sum[i] = (sum[i] as bigint) + word;
    });
  }
  return sum;
}
