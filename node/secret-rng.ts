/** Chance for a running peer. */
import { randomBytes } from "node:crypto";
import { createRng, type Rng } from "../protocol/base/rng.ts";

/**
 * A stream with a secret seed of its own. Streams that are forked from one seed follow from each other: whoever sees enough of one, as strangers see the
 * order in which the address book tells of peers, could work out whom the other draws.
 */
export function createSecretRng(): Rng {
  return createRng(randomBytes(32).toString("hex"));
}
