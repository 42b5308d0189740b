/** Damage for fuzz tests: random bytes, and valid bytes with a few random edits. Seeded, so that a failure can be repeated. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Rng } from "../../protocol/base/rng.ts";

export function randomBytes(rng: Rng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => rng.below(256));
}

/** One to four edits: set, insert or delete a byte, cut the end off, or repeat a piece. */
export function mutate(rng: Rng, bytes: Uint8Array): Uint8Array {
  let out = [...bytes];
  for (let edits = 1 + rng.below(4); edits > 0; edits--) {
    const at = rng.below(out.length + 1);
    switch (rng.below(5)) {
      case 0:
        if (at < out.length) out[at] = rng.below(256);
        break;
      case 1:
        out.splice(at, 0, rng.below(256));
        break;
      case 2:
        out.splice(at, 1);
        break;
      case 3:
        out = out.slice(0, at);
        break;
      default:
        out.splice(at, 0, ...out.slice(at, at + rng.below(16)));
    }
  }
  return Uint8Array.from(out);
}

/** Calls a decoder that may refuse with a coded error, and fails on any other; true where it accepted. */
export function acceptsOrRefuses(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof HearsayError) return false;
    throw error;
  }
}
