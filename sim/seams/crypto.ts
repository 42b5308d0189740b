/** The Crypto seam of a simulation: the real hash, made once for the same bytes, and signatures where the scenario asks for them. */
import { keyOf } from "../../protocol/base/bytes.ts";
import type { Crypto } from "../../protocol/base/seams.ts";

/** @param isSigned whether signatures are verified, as scenarios that are about them ask for; else all hold, as a simulation of honest keys may assume. */
export function createSimulatedCrypto(real: Crypto, isSigned: boolean): Crypto {
  return { sha256: rememberHashes(real.sha256), verify: isSigned ? real.verify : () => true };
}

/** Model bodies that are remembered, in all: a body is hashed by its author and by everybody who pulls it, within a few cycles. */
const MEMORY_BYTES = 64 * 2 ** 20;
/** Shorter messages are hashed faster than they are looked up. */
const SHORTEST = 1024;
const FINGERPRINT_BYTES = 32;

/**
 * SHA-256 with a memory: what has the same length and the same last bytes is compared whole with what was hashed before,
 * in a tenth of the time of hashing it. Exact, whatever the bytes.
 */
export function rememberHashes(sha256: Crypto["sha256"]): Crypto["sha256"] {
  let young = new Map<string, { bytes: Uint8Array; hash: Uint8Array }>();
  let old: typeof young = new Map();
  let size = 0;
  return (bytes) => {
    if (bytes.length < SHORTEST) return sha256(bytes);
    const name = fingerprint(bytes);
    const known = young.get(name) ?? old.get(name);
    if (known !== undefined && Buffer.compare(known.bytes, bytes) === 0) return known.hash.slice();
    const hash = sha256(bytes);
    young.set(name, { bytes: new Uint8Array(bytes), hash }); // not Buffer.from: many of these keep shared pages of 64 KiB
    size += bytes.length;
    if (2 * size > MEMORY_BYTES) [old, young, size] = [young, new Map(), 0];
    return hash.slice();
  };
}

/** Length and last bytes, where trained parameters differ. */
function fingerprint(bytes: Uint8Array): string {
  return `${keyOf(bytes.subarray(bytes.length - FINGERPRINT_BYTES))}${bytes.length}`;
}
