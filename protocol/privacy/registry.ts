/** The privacy mechanisms, under the names that log and audit share. One more is its file and its place in this list. */
import type { Mechanism } from "./mechanism.ts";
import { none } from "./none.ts";

/** Every mechanism, by name. One more is its file and its place in this list. */
export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map(
  [none].map((mechanism) => [mechanism.name, mechanism]),
);
