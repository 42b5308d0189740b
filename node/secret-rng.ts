/** Randomness for a running peer, which nobody can foresee. */
import { randomBytes, randomFillSync } from "node:crypto";
import type { SecretDraws } from "../protocol/base/learning-seams.ts";
import { createRng, type Rng } from "../protocol/base/rng.ts";
import { createSecretDraws } from "../protocol/privacy/draws.ts";

/**
 * A stream with a secret seed of its own. Streams that are forked from one seed follow from each other: whoever sees enough of one, as strangers see the
 * order in which the address book tells of peers, could work out whom the other draws.
 */
export function createSecretRng(): Rng {
  return createRng(randomBytes(32).toString("hex"));
}

/** The chance of a privacy mechanism: from the generator of the operating system, which no state of this process foretells. */
export function createNodeDraws(): SecretDraws {
  return createSecretDraws((to) => randomFillSync(to));
}
