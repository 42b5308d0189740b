/**
 * What vertical learning needs of cryptography beside hashes, signatures and the seam Secrecy. Two packages give it (`node/vertical/`), which are optional; the
 * protocol knows these interfaces alone.
 */
import type { Secrecy } from "../base/seams.ts";

/** A scalar or a point of a group of prime order in which discrete logarithms are hard: 32 bytes, one encoding each. */
export type GroupBytes = Uint8Array;

/** ristretto255 (RFC 9496). */
export interface BlindGroup {
  /** A secret scalar, uniform. */
  scalar(): GroupBytes;
  /** The point of 64 uniform bytes. */
  fromHash(hash: Uint8Array): GroupBytes;
  /** Undefined for bytes that are no point, or where the product is the identity. */
  multiply(scalar: GroupBytes, point: Uint8Array): GroupBytes | undefined;
}

/** A polynomial modulo 2^PLAIN_BITS and x^DEGREE + 1: DEGREE coefficients, the lowest first (packing.ts). */
export type Polynomial = BigUint64Array;

/** The secret key of the label holder. */
export interface SealingKey {
  /** At most LIMITS.maxSealingKeyBytes. */
  readonly publicKey: Uint8Array;
  /** At most LIMITS.maxSealedBytes. */
  seal(plain: Polynomial): Uint8Array;
  /** What another made of sealed polynomials. @throws HearsayError ERR_DECODE for bytes that are none. */
  open(sealed: Uint8Array): Polynomial;
  /** Frees its memory. */
  close(): void;
}

/** What everybody can do with the public key. */
export interface SealedArithmetic {
  /**
   * mask + sum over i of factors[i] * sealed[i], sealed anew: whoever has the secret key learns this value, and nothing of the factors.
   * @throws HearsayError ERR_DECODE for bytes that are not sealed under this key.
   */
  combine(sealed: readonly Uint8Array[], factors: readonly Polynomial[], mask: Polynomial): Uint8Array;
  /** Frees its memory. */
  close(): void;
}

/** BFV. */
export interface Sealing {
  createKey(): SealingKey;
  /** @throws HearsayError ERR_DECODE for bytes that are no key. */
  openPublic(publicKey: Uint8Array): SealedArithmetic;
}

/** All of it. */
export interface VerticalCrypto {
  readonly secrecy: Secrecy;
  readonly group: BlindGroup;
  readonly sealing: Sealing;
}
