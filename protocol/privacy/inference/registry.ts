/** The membership inference attacks, under the names that the command prints. One more is its file and its place in this list. */
import { type Registry, registryOf } from "../../base/registry.ts";
import type { Attack } from "./attack.ts";
import { likelihoodRatio } from "./likelihood-ratio.ts";
import { lossThreshold } from "./loss-threshold.ts";

/** Every attack, the cheapest first. */
export const ATTACKS: Registry<Attack> = registryOf<Attack>([lossThreshold, likelihoodRatio]);
