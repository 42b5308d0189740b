/**
 * Pairwise masks (Bonawitz et al., CCS 2017, section 4): what two members add and subtract falls out of the sum of all, and without them a vector is uniform to
 * whoever does not know its keys.
 *
 *     y_i = x_i + PRG(b_i) + sum over j > i of PRG(s_ij) - sum over j < i of PRG(s_ij)     modulo 2^32, members in the order of the roster
 *     s_ij = HKDF-SHA256(X25519(i, j), salt = session, info);   PRG = ChaCha20, nonce zero, words little-endian;   b_i: 32 random bytes of i
 */
import { utf8, wordsIn } from "../base/bytes.ts";
import type { Secrecy } from "../base/seams.ts";

/** What the key of a pair is for: another purpose gives another key. */
const PAIR_INFO: Uint8Array = utf8("hearsay/cohort/pair/v1");

/** A key stream that is added to a vector, or taken off. */
export interface Mask {
  /** 32 bytes, of this use alone. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** What a member knows of another one in a session. */
export interface PairOptions {
  readonly session: Uint8Array;
  /** Places of both in the roster. */
  readonly own: number;
  readonly other: number;
  readonly info?: Uint8Array;
}

/** The mask that member `own` adds for `other`; undefined where the public key is no key. */
export function pairMask(
  { agree }: Pick<Secrecy, "agree">,
  secret: Uint8Array,
  publicKey: Uint8Array,
  { session, own, other, info = PAIR_INFO }: PairOptions,
): Mask | undefined {
  const key = agree(secret, publicKey, session, info);
  return key && { key, sign: own < other ? 1 : -1 };
}

/** Adds masks to words, in place, modulo 2^32. */
export function applyMasks(
  { keyStream }: Pick<Secrecy, "keyStream">,
  words: Uint32Array,
  masks: readonly Mask[],
): Uint32Array {
  for (const { key, sign } of masks) {
    const stream = wordsIn(keyStream(key, words.byteLength));
    if (sign === 1) addWords(words, stream);
    else for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) - (stream[i] as number);
  }
  return words;
}

/** sum <- sum + words, modulo 2^32. */
export function addWords(sum: Uint32Array, words: Uint32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (words[i] as number);
}
