import type { Mechanism } from "./mechanism.ts";

/**
 * `none`: what is released is what was trained, to the bit.
 *
 *     release(x) = x
 *
 * where x is the trained vector of length d; the same array comes back. An audit repeats it, so a publication under this mechanism can be
 * proved. O(1) time.
 *
 * @throws nothing.
 * @see protocol/README.md, Audit: proved and claimed.
 * @example
 * import { none } from "hearsay/protocol/privacy/none";
 * const trained = Float32Array.of(1, 2);
 * none.release(trained) === trained; // -> true
 * none.isRepeatable; // -> true
 */
export const none: Mechanism = {
  name: "none",
  isRepeatable: true,
  release: (trained) => trained,
};
