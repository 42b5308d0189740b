/** Rings: which peers a rollout reaches first. */
import { concatBytes } from "../base/bytes.ts";
import type { Crypto } from "../base/seams.ts";

/** All peers. */
export const EVERYBODY = 1000;

/** The ring of those whose owner said so (`release.canary` of the configuration), and of nobody else. */
const CANARIES = 0;

/**
 * Whether a peer is in a ring of so many thousandths: canaries are in each, the others by
 *
 *     first 32 bits of SHA-256(release | public key) / 2^32  <  permille / 1000
 *
 * so that a wider ring holds every narrower one, and each release begins with other peers.
 */
export function isInRing(
  release: Uint8Array,
  permille: number,
  { publicKey, isCanary }: { readonly publicKey: Uint8Array; readonly isCanary: boolean },
  crypto: Pick<Crypto, "sha256">,
): boolean {
  if (isCanary || permille >= EVERYBODY) return true;
  const hash = crypto.sha256(concatBytes(release, publicKey));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) * EVERYBODY < permille * 2 ** 32;
}

/** Share of the votes on a gate that has to be yes before the next ring. */
const AGREE = 0.9;

/** Whether so many of the votes are yes; so it is without any. */
export function agree(votes: readonly { readonly passes: boolean }[]): boolean {
  return votes.filter(({ passes }) => passes).length >= AGREE * votes.length;
}

/** A ring as people write it: `canary`, `all`, or a share such as `10%`. Undefined for anything else. */
export function parseRing(text: string): number | undefined {
  if (text === "canary") return CANARIES;
  if (text === "all") return EVERYBODY;
  const [, digits] = /^(\d+(?:\.\d)?)%$/.exec(text) ?? [];
  const permille = digits === undefined ? Number.NaN : Math.floor(10 * Number(digits) + 0.5);
  return permille >= 1 && permille <= EVERYBODY ? permille : undefined;
}

/** The other way round. */
export function describeRing(permille: number): string {
  if (permille === CANARIES) return "canary";
  return permille === EVERYBODY ? "all" : `${permille / 10}%`;
}
