/**
 * Which Ed25519 signatures count. RFC 8032 leaves edges open at which libraries differ, and a ban hangs on the verdict, so it is fixed here:
 *
 *     A and R    canonical encodings (y < p = 2^255 - 19, and no sign bit where x = 0) of points that are not of small order
 *     S          less than the group order L
 *     equation   [S]B = R + [h]A, without the cofactor; R is compared by its bytes
 *
 * Source of the edges: Chalkias, Garillot, Nikolaenko 2020, "Taming the many EdDSAs" (eprint 2020/1244). A library checks the rest; what is here
 * is what some of them pass over.
 */
import { fromHex } from "../base/bytes.ts";

const POINT_BYTES = 32;
const SIGN_BIT = 0x80;

/** y of the points whose order divides 8, without the sign bit: 1 (order 1), p - 1 (2), 0 (4), and two of order 8. */
const SMALL_ORDER: readonly (Uint8Array | undefined)[] = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(fromHex);

/** Whether bytes may be a key, or the R with which a signature begins: y is below p, and the point is not of small order. */
export function maySign(point: Uint8Array): boolean {
  return point.length >= POINT_BYTES && isReduced(point) && !SMALL_ORDER.some((small) => small && hasY(point, small));
}

function isReduced(point: Uint8Array): boolean {
  if (((point[31] as number) & ~SIGN_BIT) !== 0x7f || (point[0] as number) < 0xed) return true;
  for (let i = 1; i < 31; i++) if (point[i] !== 0xff) return true;
  return false;
}

function hasY(point: Uint8Array, y: Uint8Array): boolean {
  if (((point[31] as number) & ~SIGN_BIT) !== y[31]) return false;
  for (let i = 0; i < 31; i++) if (point[i] !== y[i]) return false;
  return true;
}
