/** `none`: what is released is what was trained, to the bit. */
import type { Mechanism } from "./mechanism.ts";

export const none: Mechanism = {
  name: "none",
  isRepeatable: true,
  release: (trained) => trained,
};
