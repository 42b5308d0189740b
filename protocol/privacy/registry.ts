/** The privacy mechanisms, under the names that task, log and audit share. */
import type { Mechanism } from "./mechanism.ts";
import { none } from "./none.ts";

export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map(
  [none].map((mechanism) => [mechanism.name, mechanism]),
);
